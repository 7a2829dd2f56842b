import { setTimeout as sleep } from 'node:timers/promises';
import type postgres from 'postgres';
import { differenceOf, storedOf } from '../support/ledger-truth';
import type { Episode } from './schedule';
import type { Stage } from './stage';
import { REQUESTS_PER_SECOND } from './stage';

const LEDGERS = {
  earnings: 'puid, algo, currency, mined_at, ordinal',
  rewards: 'puid, algo, currency, mined_at, type, ordinal',
} as const;
type Ledger = keyof typeof LEDGERS;
const STATE = 'amount, hash_rate_hps, hash_unit, status, settled_at, withdrawn_at, extra';
const LEAVING_MS = 5_000;
const LEAVING_POLL_MS = 100;
/** Long before anything that the pool serves. */
const FIRST_DAY = '2020-01-01';
const FLEET_TABLES = [
  'pool.worker_hourly',
  'pool.worker_daily',
  'report.fleet_hour_totals',
  'report.fleet_day_totals',
] as const;

/** Lines that only one side has; empty when the database holds what the pool serves. */
export async function ledgerDifferences(stage: Stage): Promise<readonly string[]> {
  const truth = await stage.truth();
  const differences: string[] = [];
  for (const ledger of Object.keys(LEDGERS) as Ledger[]) {
    const stored = await storedOf(stage.sql, ledger);
    differences.push(...differenceOf(truth[ledger], stored).map((line) => `${ledger}: ${line}`));
  }
  return differences;
}

/** What is wrong with a database at rest, whatever happened before. */
export async function stateComplaints(stage: Stage, episode: Episode): Promise<readonly string[]> {
  return [
    ...(await revisionComplaints(stage.sql)),
    ...(await incomeTotalComplaints(stage.sql)),
    ...(await fleetComplaints(stage)),
    ...(await leftoverComplaints(stage)),
    ...(await paceComplaints(stage, episode)),
  ];
}

async function revisionComplaints(sql: postgres.Sql): Promise<string[]> {
  const complaints: string[] = [];
  for (const [ledger, key] of Object.entries(LEDGERS)) {
    const found = await sql.unsafe<{ what: string; n: number }[]>(`
      WITH r AS (
        SELECT *, lead(valid_from) OVER history AS next_from, row_number() OVER history AS number
          FROM pool.${ledger.slice(0, -1)}_revisions
        WINDOW history AS (PARTITION BY ${key} ORDER BY valid_from)
      )
      SELECT 'revisions are not contiguous' AS what, count(*)::int AS n FROM r WHERE valid_to IS DISTINCT FROM next_from
      UNION ALL SELECT 'histories begin wrongly', count(*)::int FROM r WHERE (number = 1) <> (change = 'appeared')
      UNION ALL SELECT 'rows have no open revision that agrees', count(*)::int FROM pool.${ledger} l
        WHERE 1 <> (
          SELECT count(*) FROM r WHERE r.valid_to IS NULL AND (${prefixed('r', key)}) = (${prefixed('l', key)})
             AND (${prefixed('r', STATE)}) IS NOT DISTINCT FROM (${prefixed('l', STATE)}))`);
    complaints.push(...found.filter(({ n }) => n > 0).map(({ what, n }) => `${ledger}: ${n} ${what}`));
  }
  return complaints;
}

async function incomeTotalComplaints(sql: postgres.Sql): Promise<string[]> {
  const complaints: string[] = [];
  for (const [kept, unit] of [
    ['daily_income', 'day'],
    ['monthly_income', 'month'],
  ] as const) {
    const columns = `puid, currency, ${unit}, settled, pending, other, total, paid, items`;
    const from = (relation: string): string =>
      `SELECT ${columns} FROM report.${relation} WHERE items <> 0 OR paid <> 0`;
    const [row] = await sql.unsafe<{ n: number }[]>(`
      WITH kept AS (${from(kept)}), recomputed AS (${from(`${kept}_in('UTC')`)})
      SELECT count(*)::int AS n FROM (
        (SELECT * FROM kept EXCEPT ALL SELECT * FROM recomputed) UNION ALL (SELECT * FROM recomputed EXCEPT ALL SELECT * FROM kept)
      ) AS different`);
    if (row !== undefined && row.n > 0) complaints.push(`${kept}: ${row.n} totals differ from recomputation`);
  }
  return complaints;
}

/** The figures of the fleet, recomputed by `kpool rollup`, are unchanged. */
async function fleetComplaints(stage: Stage): Promise<string[]> {
  const before = await fleetDigests(stage.sql);
  const code = await stage.run('rollup', ['--from', FIRST_DAY]);
  if (code !== 0) return [`kpool rollup ended with ${code}`];
  const after = await fleetDigests(stage.sql);
  return FLEET_TABLES.filter((_table, index) => before[index] !== after[index]).map(
    (table) => `${table} differs from recomputation`,
  );
}

async function fleetDigests(sql: postgres.Sql): Promise<readonly string[]> {
  const digests: string[] = [];
  for (const table of FLEET_TABLES) {
    const [row] = await sql.unsafe<{ digest: string }[]>(
      `SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '' ORDER BY t::text)), '') AS digest FROM ${table} t`,
    );
    digests.push(row?.digest ?? '');
  }
  return digests;
}

/** No process of ours is left once all have ended; servers notice within moments. */
async function leftoverComplaints(stage: Stage): Promise<string[]> {
  for (let waitedMs = 0; waitedMs < LEAVING_MS; waitedMs += LEAVING_POLL_MS) {
    if ((await findLeftovers(stage)).length === 0) return [];
    await sleep(LEAVING_POLL_MS);
  }
  return findLeftovers(stage);
}

async function findLeftovers(stage: Stage): Promise<string[]> {
  const { sql } = stage;
  const sessions = await sql<{ session: string }[]>`
    SELECT format('%s, %s: %s', application_name, state, left(query, 100)) AS session FROM pg_stat_activity
     WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`;
  const locks = await sql<{ lock: string }[]>`
    SELECT format('%s %s %s', locktype, mode, coalesce(relation::regclass::text, objid::text)) AS lock FROM pg_locks
     WHERE pid <> pg_backend_pid() AND (locktype = 'advisory' OR database = (
       SELECT oid FROM pg_database WHERE datname = current_database()))
       AND pid IN (SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend')`;
  const ofRedis = await stage.redisConnections();
  return [
    ...sessions.map(({ session }) => `a connection is left: ${session}`),
    ...locks.map(({ lock }) => `a lock is left: ${lock}`),
    ...(ofRedis === 0 ? [] : [`${ofRedis} connection(s) to Redis are left`]),
  ];
}

/** A step of the database's clock frees slots early for processes that share them, as docs/failures.md says: twice the limit. */
async function paceComplaints(stage: Stage, { blows }: Episode): Promise<string[]> {
  const { mostInASecond } = await stage.report();
  const isClockStepped = blows.some(({ kind }) => kind === 'step the database’s clock');
  const limit = isClockStepped ? 2 * REQUESTS_PER_SECOND : REQUESTS_PER_SECOND;
  return Object.entries(mostInASecond)
    .filter(([, most]) => most > limit)
    .map(([endpoint, most]) => `P6: ${most} requests to ${endpoint} arrived within a second`);
}

function prefixed(alias: string, columns: string): string {
  return columns
    .split(', ')
    .map((column) => `${alias}.${column}`)
    .join(', ');
}
