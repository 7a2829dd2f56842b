import { PERIODS, readFrame } from '../src/report/page/filter';
import { NO_QUERY } from '../src/web/query';
import { openPageReader } from '../src/web/page-reader';
import { Secret } from '../src/core/secret';
import postgres from 'postgres';

/**
 * How fast the data of each page is read from a database that is there already, e.g. one that another benchmark filled:
 *
 *     node -r ./test/support/typescript-hook.cjs bench/pages.ts postgres://…
 */
const LIMIT_MS = 300;
const READINGS = 5;

async function main(): Promise<void> {
  const [, , url] = process.argv;
  if (url === undefined) throw new Error('Which database? Give its address.');
  await measurePages(url);
}

async function measurePages(url: string): Promise<void> {
  const reader = openPageReader({
    databaseUrl: new Secret(url),
    judged: null,
    allowedPerHour: null,
    readQueue: () => Promise.resolve(null),
  });
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    for (const period of Object.keys(PERIODS) as (keyof typeof PERIODS)[]) {
      const filter = { ...NO_QUERY.filter, period };
      const frame = await readFrame(sql, filter);
      await print(`income, ${period}`, () => reader.income(filter, frame));
      await print(`fleet, ${period}`, () => reader.fleet(filter, frame));
    }
    await print('overview', () => reader.overview(NO_QUERY.filter, 'none here'));
    await print('sync', () => reader.sync(NO_QUERY.filter));
  } finally {
    await sql.end();
    await reader.close();
  }
}

async function print(name: string, read: () => Promise<unknown>): Promise<void> {
  const readings: number[] = [];
  for (let reading = 0; reading < READINGS; reading += 1) {
    const startedAt = performance.now();
    await read();
    readings.push(performance.now() - startedAt);
  }
  const ms = readings.sort((a, b) => a - b)[Math.floor(READINGS / 2)] ?? 0;
  process.stdout.write(
    `${name.padEnd(20)}${ms.toFixed(0).padStart(8)} ms, of ${LIMIT_MS}: ${(ms / LIMIT_MS).toFixed(2)}\n`,
  );
}

void main();
