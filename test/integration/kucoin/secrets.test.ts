import { inspect } from 'node:util';
import {
  answer,
  CALL,
  createTestClient,
  CREDENTIALS,
  failure,
  startScriptedPool,
  success,
} from './scripted-pool';

/** Every text that would reveal a credential: plain, URL-encoded, base64, hex, and signed. */
function formsOf(path: string): string[] {
  const { searchParams } = new URL(path, 'http://pool');
  const secrets = [
    CREDENTIALS.apiKey.reveal(),
    CREDENTIALS.apiSecret.reveal(),
    CREDENTIALS.apiPassphrase.reveal(),
    searchParams.get('passphrase')!,
  ];
  return secrets.flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    new URLSearchParams({ s: secret }).toString().slice(2),
    Buffer.from(secret).toString('base64'),
    Buffer.from(secret).toString('hex'),
    JSON.stringify(secret).slice(1, -1),
  ]);
}

function expectNoSecret(thing: unknown, path: string): void {
  const shown = [
    inspect(thing, { depth: 10, showHidden: true, getters: true }),
    JSON.stringify(thing, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    String(thing),
    thing instanceof Error ? `${thing.message}\n${thing.stack}` : '',
  ].join('\n');
  for (const form of formsOf(path)) expect(shown).not.toContain(form);
  expect(shown).not.toMatch(/key=|passphrase=|timestamp=/);
}

/** An answer that repeats the whole query in every place that people read. */
const echoes: [
  string,
  (path: string) => { status: number; body: string; headers?: Record<string, string> },
][] = [
  [
    'the message of a failure',
    (path) => ({ status: 200, body: failure('400100').replace('"no"', JSON.stringify(path)) }),
  ],
  [
    'the code of a failure',
    (path) => ({ status: 200, body: JSON.stringify({ success: false, code: path }) }),
  ],
  [
    'the key as the code of a failure',
    () => ({ status: 200, body: JSON.stringify({ success: false, code: CREDENTIALS.apiKey.reveal() }) }),
  ],
  ['an HTML page', (path) => ({ status: 200, body: `<html>${decodeURIComponent(path)}</html>` })],
  [
    'an HTML page behind white space',
    (path) => ({
      status: 200,
      body: `${' '.repeat(65_500)}${new URL(path, 'http://x').searchParams.get('passphrase')!}`,
    }),
  ],
  [
    'a redirect',
    (path) => ({ status: 302, body: '', headers: { location: `https://elsewhere.example${path}` } }),
  ],
  ['a redirect to itself', (path) => ({ status: 302, body: '', headers: { location: path } })],
  ['the content type', (path) => ({ status: 200, body: '', headers: { 'content-type': `text/${path}` } })],
  [
    'an item',
    (path) => ({ status: 200, body: success(JSON.stringify([{ path, key: CREDENTIALS.apiKey.reveal() }])) }),
  ],
  ['a gateway error', (path) => ({ status: 502, body: path })],
];

test.each(echoes)('P10 a pool that echoes the query in %s leaks no secret', async (_where, echo) => {
  let asked = '';
  const pool = await startScriptedPool((request, response) => {
    asked = request.url ?? '';
    const { body, status, headers = {} } = echo(asked);
    answer(response, body, { status, headers });
  });
  const client = createTestClient(pool.url, { retries: { attempts: 1 } });
  const outcome: unknown = await client.queryAlgorithms(CALL).catch((error: unknown) => error);
  expectNoSecret(outcome, asked);
  expectNoSecret(client.attempts, asked);
  expectNoSecret(client, asked);
});

test.each(['reset', 'hang', 'stop'])('P10 a network failure (%s) leaks no secret', async (how) => {
  let asked = '';
  const pool = await startScriptedPool((request, response) => {
    asked = request.url ?? '';
    if (how === 'reset') request.socket.resetAndDestroy();
    if (how === 'stop') {
      response.write('{');
      setImmediate(() => request.socket.destroy());
    }
  });
  const client = createTestClient(pool.url, { retries: { attempts: 1 }, timeouts: { headersMs: 100 } });
  const error: unknown = await client.queryAlgorithms(CALL).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).cause).toBeUndefined();
  expectNoSecret(error, asked);
  expectNoSecret(client.attempts, asked);
});
