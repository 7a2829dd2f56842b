import postgres from 'postgres';
import { databaseCpuS } from './cpu-time';
import { atLeast, atMost, type Bench, type Figure } from './figure';
import type { Measured } from './programs/measured';
import { withScratchDatabase } from './scratch-database';
import { startProgram, startSync, withIncomePool, type PoolFacts } from './scratch-pool';

const ROUNDS = 3;
const SUB_ACCOUNTS = 20;
const ROWS_EACH = 2_500;
const ROWS = 2 * SUB_ACCOUNTS * ROWS_EACH;
/** A slot is used about once a second: more slots than the machine can keep busy. */
const REQUESTS_PER_SECOND = 150;

interface Cost extends Measured {
  readonly databaseCpuS: number;
  readonly walBytes: number;
}

interface Round {
  readonly plain: Cost;
  readonly ours: Cost;
  readonly again: Cost;
  readonly verify: Cost;
}

/** Both fill tables of their own, in one database, from the same pool. */
async function round({ url: poolUrl, puids }: PoolFacts): Promise<Round> {
  return withScratchDatabase(async (databaseUrl, postmasterPid) => {
    const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
    const walBytes = async (): Promise<number> => {
      const [row] = await sql<
        { bytes: string }[]
      >`SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS bytes`;
      return Number(row!.bytes);
    };
    const withCost = async (work: () => Promise<Measured>): Promise<Cost> => {
      const before = { cpuS: await databaseCpuS(postmasterPid), walBytes: await walBytes() };
      const measured = await work();
      return {
        ...measured,
        databaseCpuS: (await databaseCpuS(postmasterPid)) - before.cpuS,
        walBytes: (await walBytes()) - before.walBytes,
      };
    };
    const loop = startProgram('plain-loop', databaseUrl, poolUrl, JSON.stringify(puids));
    const plain = await withCost(() => loop.answer<Measured>());
    const sync = await startSync({
      databaseUrl,
      poolUrl,
      accounts: 1,
      requestsPerSecond: REQUESTS_PER_SECOND,
      streams: ['earnings', 'rewards'],
    });
    const ours = await withCost(() => sync.ask<Measured>('go'));
    const again = await withCost(() => sync.ask<Measured>('go'));
    // Reads everything once before measuring: the first full read makes changes of its own, and autovacuum, due after
    // so many new rows, might or might not run during the measurement.
    await sync.ask('verify');
    await sql`VACUUM (ANALYZE)`;
    const verify = await withCost(() => sync.ask<Measured>('verify'));
    await sync.kill();
    const [counted] = await sql<{ rows: number }[]>`
      SELECT ((SELECT count(*) FROM pool.earnings) + (SELECT count(*) FROM pool.rewards))::integer AS rows`;
    await sql.end();
    if (counted?.rows !== ROWS) throw new Error(`${counted?.rows} rows landed, not ${ROWS}.`);
    return { plain, ours, again, verify };
  });
}

async function run(log: (line: string) => void): Promise<readonly Figure[]> {
  const rounds: Round[] = [];
  await withIncomePool({ subAccounts: SUB_ACCOUNTS, rowsEach: ROWS_EACH }, async (facts) => {
    for (let n = 1; n <= ROUNDS; n += 1) {
      rounds.push(await round(facts));
      log(`round ${n} of ${ROUNDS}`);
    }
  });
  const of = (value: (costs: Round) => number): number[] => rounds.map(value);
  const perThousand = ROWS / 1_000;
  return [
    {
      what: 'first sync, rows/s',
      values: of(({ ours }) => ROWS / ours.seconds),
      baseline: { name: 'plain loop', values: of(({ plain }) => ROWS / plain.seconds) },
      target: atLeast(0.25),
    },
    {
      what: 'PostgreSQL, CPU s per 1,000 new rows',
      values: of(({ ours }) => ours.databaseCpuS / perThousand),
      baseline: null,
      target: atMost(0.06),
    },
    {
      what: 'Node, CPU s per 1,000 new rows',
      values: of(({ ours }) => ours.cpuS / perThousand),
      baseline: null,
      target: atMost(0.08),
    },
    { what: 'next cycle, s', values: of(({ again }) => again.seconds), baseline: null, target: null },
    {
      what: 'everything read again, rows/s',
      values: of(({ verify }) => ROWS / verify.seconds),
      baseline: null,
      target: null,
    },
    {
      what: 'WAL of an unchanged row, B',
      values: of(({ verify }) => verify.walBytes / ROWS),
      baseline: null,
      target: atMost(15),
    },
  ];
}

export const firstSync: Bench = {
  name: 'first-sync',
  title: `A first sync of ${ROWS.toLocaleString('en')} rows without the rate limit, compared with a plain loop`,
  minutes: 5,
  run,
};
