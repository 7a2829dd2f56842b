import postgres from 'postgres';
import { INSERT_SAMPLE_BLOCKS } from '../src/store/fleet/sample-blocks';
import { withScratchDatabase } from './scratch-database';

/** The size for which docs/performance.md promises fast reports. */
interface LargeLedger {
  readonly subAccounts: number;
  readonly years: number;
}

interface LargeFleet {
  readonly workers: number;
  readonly days: number;
  /** Workers with samples, one every ten minutes. */
  readonly sampledWorkers: number;
  readonly sampledDays: number;
}

/** A smaller one has the same history of fewer sub-accounts and machines. `share`: how many of them, above 0 to 1. */
function sizesOf(share: number): { readonly ledger: LargeLedger; readonly fleet: LargeFleet } {
  const part = (count: number): number => Math.ceil(count * share);
  return {
    ledger: { subAccounts: part(200), years: 5 },
    fleet: { workers: part(10_000), days: 730, sampledWorkers: part(2_000), sampledDays: 14 },
  };
}

const FARMS = 50;
const SNAPSHOTS_A_DAY = 144;
/** Rows of a proven window. */
const WINDOW_ROWS = 90;

async function addSubAccounts(sql: postgres.Sql, count: number): Promise<void> {
  await sql`INSERT INTO pool.accounts (account_name, key_fingerprint) VALUES ('main', 'bench') ON CONFLICT DO NOTHING`;
  await sql`INSERT INTO pool.algorithms (account_id, algo) VALUES (1, 'SHA256d') ON CONFLICT DO NOTHING`;
  await sql`
    INSERT INTO pool.sub_accounts (account_id, puid, pname, default_algo)
    SELECT 1, n, 'farm ' || n, 'SHA256d' FROM generate_series(1, ${count}::int) AS n ON CONFLICT DO NOTHING`;
}

/**
 * Each sub-account earns two coins a day, and every earning has a reward beside it: for one coin the same income again,
 * every fiftieth day with a different amount; for the other a subsidy. Totals, revisions and certificates are those of
 * a sync.
 */
async function fillLedger(sql: postgres.Sql, { subAccounts, years }: LargeLedger): Promise<void> {
  await addSubAccounts(sql, subAccounts);
  for (let puid = 1; puid <= subAccounts; puid += 1) {
    const earnings = { table: sql`pool.earnings`, column: sql``, value: sql``, more: sql`0` };
    const rewards = {
      table: sql`pool.rewards`,
      column: sql`type, `,
      value: sql`CASE c WHEN 'BTC' THEN 'MINING_EARN' ELSE 'FEE_RATE_EARN' END, `,
      more: sql`CASE WHEN c = 'BTC' AND extract(doy FROM d)::int % 50 = 0 THEN 1 ELSE 0 END`,
    };
    await fillList(sql, { puid, years, ...earnings });
    await fillList(sql, { puid, years, ...rewards });
  }
  await sql`
    INSERT INTO sync.cursors (stream, puid, algo, history_complete, last_life_at, last_success_at, last_cycle_at)
    SELECT stream, n, 'SHA256d', true, now(), now(), now()
      FROM generate_series(1, ${subAccounts}::int) AS n, unnest(ARRAY['earnings', 'rewards']) AS stream`;
  await sql`
    INSERT INTO sync.streams (stream, position, scope_kind, every_ms)
    SELECT stream, position, 'mining', 3600000 FROM unnest(ARRAY['earnings', 'rewards']) WITH ORDINALITY AS s (stream, position)`;
  await sql`
    INSERT INTO sync.windows (stream, puid, algo, from_at, to_at, row_count, verified_at)
    SELECT c.stream, c.puid, c.algo, w, CASE WHEN w > '2026-10-10' THEN 'infinity' ELSE w + interval '45 days' END, ${WINDOW_ROWS}, now()
      FROM sync.cursors c, generate_series('2026-10-12Z'::timestamptz - ${years} * interval '360 days', '2026-10-12Z', interval '45 days') AS w`;
  // Thirty days of hourly totals, the last of them just before the newest items changed.
  await sql`
    INSERT INTO pool.sub_account_income_samples (puid, currency, observed_at, amount)
    SELECT t.puid, t.currency, h, t.amount
      FROM (SELECT puid, currency, sum(earnings_settled + rewards_settled) AS amount
              FROM sync.income_months GROUP BY 1, 2) AS t,
           generate_series(now() - interval '30 days', now(), interval '1 hour') AS h`;
  await sql`UPDATE pool.earnings SET status = 'SETTLED', settled_at = now() - interval '1 minute' WHERE mining_date = '2026-11-20'`;
}

interface List {
  readonly puid: number;
  readonly years: number;
  readonly table: postgres.PendingQuery<postgres.Row[]>;
  readonly column: postgres.PendingQuery<postgres.Row[]>;
  readonly value: postgres.PendingQuery<postgres.Row[]>;
  /** Added to the amount, in units of 1e-9. */
  readonly more: postgres.PendingQuery<postgres.Row[]>;
}

async function fillList(sql: postgres.Sql, { puid, years, table, column, value, more }: List): Promise<void> {
  await sql`
    INSERT INTO ${table} (puid, algo, currency, mined_at, ${column} ordinal, amount, hash_rate_hps, status, settled_at)
    SELECT ${puid}::int, 'SHA256d', c, d, ${value} 0, trim_scale((${puid}::int * 1000 + extract(doy FROM d) + ${more}) * 0.000000001), 1e15,
           CASE WHEN d >= '2026-11-20' THEN 'WAIT_SETTLE' ELSE 'SETTLED' END,
           CASE WHEN d < '2026-11-20' THEN d + interval '30 hours' END
      FROM generate_series('2026-11-21Z'::timestamptz - ${years} * interval '365 days', '2026-11-21Z', interval '1 day') AS d,
           unnest(ARRAY['BTC', 'BCH']) AS c`;
}

/** Daily figures of every machine and of the fleet, hourly figures of the fleet, and samples of some machines. */
async function fillFleet(
  sql: postgres.Sql,
  { workers, days, sampledWorkers, sampledDays }: LargeFleet,
): Promise<void> {
  await addSubAccounts(sql, FARMS);
  await sql`
    INSERT INTO pool.workers (puid, algo, worker_id, worker_name, real_hash_rate_hps, hour_hash_rate_hps,
           day_hash_rate_hps, hash_unit, reject_rate, last_share_at, status)
    SELECT 1 + n % ${FARMS}::int, 'SHA256d', n, 'rig-' || n, 1e14 + n, 1e14 + n, 1e14, 'H', (n % 210) * 0.01,
           now() - (n % 65) * interval '1 minute', CASE WHEN n % 40 = 0 THEN 'INACTIVE' ELSE 'ACTIVE' END
      FROM generate_series(1, ${workers}::int) AS n`;
  for (let ago = days; ago >= 0; ago -= 1) {
    await sql`
      INSERT INTO pool.worker_daily (puid, algo, worker_id, day, snapshots, active_samples, measured_samples,
             sum_real_hash_rate_hps, avg_real_hash_rate_hps, min_real_hash_rate_hps, max_real_hash_rate_hps, last_reject_rate)
      SELECT puid, algo, worker_id, (now() AT TIME ZONE 'UTC')::date - ${ago}::int, ${SNAPSHOTS_A_DAY}::int, up, up,
             up * hps, hps, hps * 0.9, hps * 1.1, 0.0157
        FROM (SELECT *, ${SNAPSHOTS_A_DAY}::int - (worker_id + ${ago}::int) % 30 AS up, 1e14 + worker_id + ${ago}::int AS hps
                FROM pool.workers) AS w`;
  }
  await sql`ALTER TABLE report.fleet_day_totals DISABLE TRIGGER follow_fleet_days`;
  await sql`
    INSERT INTO report.fleet_day_totals (puid, algo, day_utc, snapshots, listed_samples, active_samples,
           sum_real_hash_rate_hps, avg_real_hash_rate_hps, min_real_hash_rate_hps, max_real_hash_rate_hps)
    SELECT puid, algo, day, ${SNAPSHOTS_A_DAY}::int, sum(snapshots), sum(active_samples), sum(sum_real_hash_rate_hps),
           round(sum(sum_real_hash_rate_hps) / ${SNAPSHOTS_A_DAY}::int, 6), 9e13, 11e13
      FROM pool.worker_daily GROUP BY 1, 2, 3`;
  await sql`
    SELECT sync.sum_up_fleet_days(puid, algo, min(day_utc), max(day_utc)) FROM report.fleet_day_totals GROUP BY puid, algo`;
  await sql`ALTER TABLE report.fleet_day_totals ENABLE TRIGGER follow_fleet_days`;
  // In the order in which a sync writes them: all machines of a week together.
  await sql`CLUSTER sync.worker_weeks USING worker_weeks_week_idx`;
  await sql`
    INSERT INTO report.fleet_hour_totals (puid, algo, hour, snapshots, listed_samples, active_samples,
           sum_real_hash_rate_hps, avg_real_hash_rate_hps, min_real_hash_rate_hps, max_real_hash_rate_hps)
    SELECT n, 'SHA256d', h, 6, 1200, 1100, 6e16, 1e16, 9e15, 11e15
      FROM generate_series(1, ${FARMS}::int) AS n,
           generate_series(date_trunc('hour', now()) - interval '180 days', now(), interval '1 hour') AS h`;
  await sql`SELECT sync.ensure_worker_sample_partitions((now() AT TIME ZONE 'UTC')::date - ${sampledDays}::int, (now() AT TIME ZONE 'UTC')::date + 1)`;
  for (let day = 0; day < sampledDays; day += 1) {
    await sql`
      WITH sampled AS (SELECT puid, algo, worker_id, real_hash_rate_hps, hour_hash_rate_hps, day_hash_rate_hps, reject_rate,
             last_share_at, status, at AS observed_at
        FROM generate_series(1, ${SNAPSHOTS_A_DAY}::int) AS snapshot,
             LATERAL (SELECT now() - ${day}::int * interval '1 day' - snapshot * interval '10 minutes' AS at) AS x,
             (SELECT * FROM pool.workers ORDER BY worker_id LIMIT ${sampledWorkers}::int) AS w)
      ${sql.unsafe(INSERT_SAMPLE_BLOCKS)}`;
  }
}

interface LargeDatabase {
  readonly url: string;
  readonly close: () => Promise<void>;
}

let built: Promise<LargeDatabase> | null = null;

/** Builds the data in a server of its own, which runs until `close`. `share`: see `sizesOf`. */
export function buildLargeDatabase(log: (line: string) => void, share = 1): Promise<LargeDatabase> {
  const { ledger, fleet } = sizesOf(share);
  return new Promise((resolve, reject) => {
    const ended = withScratchDatabase(async (url) => {
      const sql = postgres(url, { max: 1, onnotice: () => undefined });
      await sql`SET synchronous_commit = off`;
      log('building the ledger');
      await fillLedger(sql, ledger);
      log('building the fleet');
      await fillFleet(sql, fleet);
      await sql`VACUUM (ANALYZE)`;
      await sql.end();
      await new Promise<void>((release) => {
        const close = async (): Promise<void> => {
          release();
          await ended;
        };
        resolve({ url, close });
      });
    });
    ended.catch(reject);
  });
}

/**
 * Runs `work` with the database at DATABASE_URL, which it does not change; otherwise with the large data, built on the
 * first call and kept for the next ones until `closeLargeDatabase`.
 */
export async function withLargeDatabase<Result>(
  log: (line: string) => void,
  work: (url: string) => Promise<Result>,
): Promise<Result> {
  const given = process.env['DATABASE_URL'];
  if (given !== undefined) return work(given);
  built ??= buildLargeDatabase(log);
  return work((await built).url);
}

export async function closeLargeDatabase(): Promise<void> {
  await (await built)?.close();
  built = null;
}
