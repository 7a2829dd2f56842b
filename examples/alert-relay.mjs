// Receives kpool's alerts on this machine and posts them in the format of another service:
// RELAY_TO=https://… node examples/alert-relay.mjs, and for kpool ALERT_WEBHOOK_URL=http://127.0.0.1:9095/
import { createServer } from 'node:http';

const { RELAY_TO = '', RELAY_PORT = '9095' } = process.env;

/** The format of that service; change it. This is the one of Google Chat. */
function toMessage({ text, event, account, since }) {
  return { text: `${event === 'ended' ? '✅' : '❗'} ${text}\n${account}, since ${since}` };
}

const server = createServer(async (request, response) => {
  try {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const answer = await fetch(RELAY_TO, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(toMessage(JSON.parse(body))),
      signal: AbortSignal.timeout(8_000),
    });
    // kpool retries what was not accepted.
    response.writeHead(answer.ok ? 200 : 502).end();
  } catch (error) {
    console.error(error);
    response.writeHead(502).end();
  }
});
server.listen(Number(RELAY_PORT), '127.0.0.1', () =>
  console.log(`Listening on port ${server.address().port}.`),
);
