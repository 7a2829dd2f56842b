import { millisecondsInHour, millisecondsInMinute } from 'date-fns/constants';
import postgres from 'postgres';
import { systemClock } from '../src/core/clock';
import { Secret } from '../src/core/secret';
import type { Puid } from '../src/domain/ids';
import { createPoolClient } from '../src/kucoin';
import { PrismaAccountStore } from '../src/store/accounts';
import { createStoreClient } from '../src/store/client';
import { createFleetStore } from '../src/store/fleet/fleet-store';
import { PrismaRunStore } from '../src/store/runs';
import { PostgresRunLocks } from '../src/store/run-locks';
import { runScope } from '../src/sync/runs/run-scope';
import { syncWorkers } from '../src/sync/streams/workers';
import { setDatabaseClock } from '../test/support/database-clock';
import { databaseCpuS } from './cpu-time';
import { atMost, type Bench, type Figure } from './figure';
import { withScratchDatabase } from './scratch-database';
import { startProgram } from './scratch-pool';

const WORKERS = 100_000;
/** In the first hour of a day, and again in its last, when the day's figures are computed from the most rows. */
const SNAPSHOTS = 3;
const DAY = Date.UTC(2026, 10, 22);
const SNAPSHOT_MS = 10 * millisecondsInMinute;
const LIMIT_S = 10;
const LIMIT_MIB = 300;
const MEMORY_EVERY_MS = 100;
const MIB = 2 ** 20;
const UNPACED = {
  acquire: () => Promise.resolve({ use: () => true, answered: () => undefined }),
  reportThrottled: () => undefined,
  retractUncertainReports: () => undefined,
};

interface PoolFacts {
  readonly url: string;
  readonly account: {
    readonly name: string;
    readonly apiKey: string;
    readonly apiSecret: string;
    readonly apiPassphrase: string;
  };
  readonly puid: string;
  readonly pname: string;
}

interface Cost {
  readonly ownCpuS: number;
  readonly databaseCpuS: number;
  /** Peak memory of the process so far. */
  readonly peakMiB: number;
}

/** Opens what a snapshot needs; `take` takes one at a given instant of the database's clock. */
async function openFleet(databaseUrl: string, facts: PoolFacts, sql: postgres.Sql) {
  const client = createStoreClient({
    url: new Secret(databaseUrl),
    maxConnections: 4,
    applicationName: 'bench',
  });
  const { accountId } = await new PrismaAccountStore(client).register('main', 'bench');
  await sql`INSERT INTO pool.sub_accounts (account_id, puid, pname) VALUES (1, ${facts.puid}, ${facts.pname})`;
  const pool = createPoolClient({
    baseUrl: facts.url,
    credentials: {
      apiKey: new Secret(facts.account.apiKey),
      apiSecret: new Secret(facts.account.apiSecret),
      apiPassphrase: new Secret(facts.account.apiPassphrase),
    },
    pacer: UNPACED,
    clock: systemClock,
    random: Math.random,
  });
  const fleet = createFleetStore(client);
  const locks = new PostgresRunLocks(new Secret(databaseUrl), client);
  const scope = { stream: 'workers', accountId, puid: BigInt(facts.puid) as Puid, algo: 'SHA256d' } as const;
  return {
    async take(): Promise<void> {
      const { outcome, reason } = await runScope(
        new PrismaRunStore(client, locks),
        scope,
        { trigger: 'bench', priority: 1, signal: new AbortController().signal },
        (run) => syncWorkers({ pool, fleet }, scope, run),
      );
      if (outcome !== 'succeeded') throw new Error(`${outcome}: ${reason ?? ''}`);
    },
    async close(): Promise<void> {
      await pool.close();
      await locks.close();
      await client.$disconnect();
    },
  };
}

async function costOf(work: () => Promise<void>, postmasterPid: number): Promise<Cost> {
  const [own, database] = [process.cpuUsage(), await databaseCpuS(postmasterPid)];
  let peak = 0;
  const look = (): void => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const timer = setInterval(look, MEMORY_EVERY_MS);
  await work();
  look();
  clearInterval(timer);
  const { user, system } = process.cpuUsage(own);
  return {
    ownCpuS: (user + system) / 1e6,
    databaseCpuS: (await databaseCpuS(postmasterPid)) - database,
    peakMiB: peak / MIB,
  };
}

/** Fills the other hours of the day like the first. */
async function fillDay(sql: postgres.Sql): Promise<void> {
  for (let hour = 1; hour < 23; hour += 1) {
    await sql`
      INSERT INTO pool.worker_hourly
      SELECT puid, algo, worker_id, hour + ${hour} * interval '1 hour', snapshots, active_samples,
             avg_real_hash_rate_hps, min_real_hash_rate_hps, max_real_hash_rate_hps, last_reject_rate,
             measured_samples, sum_real_hash_rate_hps
        FROM pool.worker_hourly WHERE hour = ${new Date(DAY)}`;
    await sql`
      INSERT INTO report.fleet_hour_totals
      SELECT puid, algo, hour + ${hour} * interval '1 hour', snapshots, listed_samples, active_samples,
             avg_real_hash_rate_hps, min_real_hash_rate_hps, max_real_hash_rate_hps,
             sum_real_hash_rate_hps
        FROM report.fleet_hour_totals WHERE hour = ${new Date(DAY)}`;
  }
  await sql`VACUUM (ANALYZE)`;
}

/** The baseline: inserts the samples of the last snapshot again, without keys, checks, figures or a network. CPU s. */
async function bareInsertCpuS(sql: postgres.Sql, postmasterPid: number): Promise<number> {
  await sql`CREATE TABLE IF NOT EXISTS public.bare AS TABLE pool.worker_samples WITH NO DATA`;
  const before = await databaseCpuS(postmasterPid);
  await sql`
    INSERT INTO public.bare SELECT * FROM pool.worker_samples
     WHERE observed_at = (SELECT max(started_at) FROM pool.worker_snapshots)`;
  return (await databaseCpuS(postmasterPid)) - before;
}

/** Size of a row on disk, including indexes and free space, B. */
async function bytesARow(sql: postgres.Sql, table: string, rows: string): Promise<number> {
  const [found] = await sql<{ bytes: number }[]>`
    SELECT (pg_total_relation_size(${table}) + coalesce((
             SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = ${table}::regclass), 0)
           )::float8 / (SELECT count(*) FROM ${sql(rows)}) AS bytes`;
  return found?.bytes ?? NaN;
}

async function run(log: (line: string) => void): Promise<readonly Figure[]> {
  const program = startProgram('fleet-pool', WORKERS);
  try {
    const facts = await program.answer<PoolFacts>();
    return await withScratchDatabase(async (databaseUrl, postmasterPid) => {
      const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
      const fleet = await openFleet(databaseUrl, facts, sql);
      const snapshot = async (atMs: number): Promise<Cost> => {
        await setDatabaseClock(sql, atMs);
        await program.ask(String(SNAPSHOT_MS));
        return costOf(() => fleet.take(), postmasterPid);
      };
      log('the first snapshot');
      const first = await snapshot(DAY + millisecondsInMinute);
      const [early, late, bare]: [Cost[], Cost[], number[]] = [[], [], []];
      for (let n = 1; n <= SNAPSHOTS; n += 1) {
        log(`the first hour, ${n} of ${SNAPSHOTS}`);
        early.push(await snapshot(DAY + millisecondsInMinute + n * SNAPSHOT_MS));
      }
      await fillDay(sql);
      for (let n = 0; n < SNAPSHOTS; n += 1) {
        log(`the last hour, ${n + 1} of ${SNAPSHOTS}`);
        late.push(await snapshot(DAY + 23 * millisecondsInHour + millisecondsInMinute + n * SNAPSHOT_MS));
        bare.push(await bareInsertCpuS(sql, postmasterPid));
      }
      // Over a whole day: each snapshot leaves an old version of every machine's hour, whose space the next hour takes.
      const [sample, hour] = [
        await bytesARow(sql, 'pool.worker_sample_blocks', 'pool.worker_samples'),
        await bytesARow(sql, 'pool.worker_hourly', 'pool.worker_hourly'),
      ];
      await fleet.close();
      await sql.end();
      const bothS = (costs: readonly Cost[]): number[] =>
        costs.map(({ ownCpuS, databaseCpuS: database }) => ownCpuS + database);
      const all = [first, ...early, ...late];
      return [
        { what: 'the first snapshot, CPU s', values: bothS([first]), baseline: null, target: null },
        {
          what: "of a day's first hour, CPU s",
          values: bothS(early),
          baseline: null,
          target: atMost(LIMIT_S),
        },
        { what: "of a day's last hour, CPU s", values: bothS(late), baseline: null, target: atMost(LIMIT_S) },
        {
          what: "PostgreSQL's part of it, CPU s",
          values: late.map(({ databaseCpuS: seconds }) => seconds),
          baseline: { name: 'the samples inserted, bare', values: bare },
          target: null,
        },
        {
          what: 'peak memory, MiB',
          values: all.map(({ peakMiB }) => peakMiB),
          baseline: null,
          target: atMost(LIMIT_MIB),
        },
        { what: 'a sample on disk, B', values: [sample], baseline: null, target: atMost(80) },
        { what: "a machine's hour on disk, B", values: [hour], baseline: null, target: null },
      ];
    });
  } finally {
    await program.kill();
  }
}

export const fleet: Bench = {
  name: 'fleet',
  title: `A snapshot of ${WORKERS.toLocaleString('en')} machines, without the rate limit`,
  minutes: 5,
  run,
};
