// A process that opens the embedded PostgreSQL: `opener.ts <home> <port>`. Its commands are query, close and end.
import { createInterface } from 'node:readline';
import postgres from 'postgres';
import { isKpoolError } from '../../../../src/core/errors';
import { openEmbeddedPostgres } from '../../../../src/store/embedded/open';

const [home = '', port = ''] = process.argv.slice(2);
const say = (value: unknown): boolean => process.stdout.write(`${JSON.stringify(value)}\n`);

async function main(): Promise<void> {
  const lines: string[] = [];
  const opened = await openEmbeddedPostgres({ home, port: Number(port), log: (line) => lines.push(line) });
  say({ started: opened.started, port: opened.port, lines });
  for await (const word of createInterface({ input: process.stdin })) {
    if (word === 'query') {
      const sql = postgres(opened.url.reveal(), { max: 1 });
      const [row] = await sql`SELECT current_database() AS database`;
      await sql.end();
      say(row);
    }
    if (word === 'close') {
      await opened.close();
      say('closed');
    }
    if (word === 'end') process.exit(0);
  }
}

// The test sends Ctrl-C. This process survives it, to ask whether the server does too.
process.on('SIGINT', () => say('interrupted'));
main().catch((error: unknown) => {
  say({ error: isKpoolError(error) ? error.code : String(error), message: String(error) });
  process.exit(1);
});
