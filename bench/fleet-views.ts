import postgres from 'postgres';
import { INSERT_SAMPLE_BLOCKS } from '../src/store/fleet/sample-blocks';
import { withScratchDatabase } from './scratch-database';

/**
 * How fast the questions that people click about the fleet open: on two years of daily figures for 10,000 workers
 * (7.3 million rows) and 14 days of samples every 10 minutes for 2,000 of them (4 million rows):
 *
 *     node -r ./test/support/typescript-hook.cjs bench/fleet-views.ts [workers] [days] [sampled workers]
 */
const WORKERS = Number(process.argv[2] ?? 10_000);
const DAYS = Number(process.argv[3] ?? 730);
const SAMPLED_WORKERS = Number(process.argv[4] ?? 2_000);
const SUB_ACCOUNTS = 50;
const SAMPLED_DAYS = 14;
const PASSES_A_DAY = 144;
const LIMIT_MS = 300;
const READINGS = 5;

const QUESTIONS: readonly (readonly [string, string])[] = [
  [
    'the fleet by day over two years',
    `SELECT day_utc, sum(avg_hash_rate_hps), sum(active_workers), sum(workers) FROM report.fleet_hashrate_daily GROUP BY day_utc ORDER BY day_utc`,
  ],
  [
    'one sub-account by day over two years',
    `SELECT * FROM report.fleet_hashrate_daily WHERE sub_account = 'farm 7' ORDER BY day_utc`,
  ],
  [
    'the fleet by hour over 14 days',
    `SELECT hour, sum(avg_hash_rate_hps), sum(active_workers) FROM report.fleet_hashrate_hourly WHERE hour > now() - interval '14 days' GROUP BY hour ORDER BY hour`,
  ],
  ["one sub-account's workers now", `SELECT * FROM report.worker_status WHERE sub_account = 'farm 7'`],
  [
    'workers of the whole fleet by status',
    'SELECT account_name, status, count(*), sum(real_hash_rate_hps) FROM report.worker_status GROUP BY 1, 2',
  ],
  [
    'the 100 worst machines of the last week',
    `SELECT account_name, sub_account, worker_id, worker_name, sum(active_samples)::numeric / sum(snapshots) AS uptime
       FROM report.worker_uptime_daily WHERE day_utc > (now() AT TIME ZONE 'UTC')::date - 7
      GROUP BY 1, 2, 3, 4 ORDER BY uptime, worker_id LIMIT 100`,
  ],
  [
    'one machine over two years',
    `SELECT * FROM report.worker_uptime_daily WHERE sub_account = 'farm 7' AND worker_name = 'rig-56' ORDER BY day_utc`,
  ],
  [
    'machines for the technician',
    'SELECT * FROM report.worker_attention ORDER BY lost_hash_rate_hps DESC NULLS LAST LIMIT 100',
  ],
  [
    "one sub-account's machines for the technician",
    `SELECT * FROM report.worker_attention WHERE sub_account = 'farm 7'`,
  ],
  [
    'uptime of the fleet by week over two years',
    `SELECT date_trunc('week', day_utc) AS week, sum(active_samples) / sum(listed_samples) FROM report.fleet_hashrate_daily GROUP BY 1 ORDER BY 1`,
  ],
  [
    'machines below their baseline last week',
    `SELECT * FROM report.worker_weekly WHERE week_utc > current_date - 14 AND share_of_baseline < 0.9`,
  ],
  ['the fleet by prefix', 'SELECT * FROM report.fleet_by_prefix'],
  [
    'samples of one machine over 14 days',
    `SELECT observed_at, real_hash_rate_hps FROM report.worker_history(7, 'SHA256d', 56) ORDER BY observed_at`,
  ],
];

async function main(): Promise<void> {
  await withScratchDatabase(async (url) => {
    const sql = postgres(url, { max: 1, onnotice: () => undefined });
    await fill(sql);
    const [rows] = await sql<{ days: number; samples: number }[]>`
      SELECT (SELECT count(*)::int FROM pool.worker_daily) AS days,
             (SELECT count(*)::int FROM pool.worker_samples) AS samples`;
    print('daily figures, samples', `${rows!.days}, ${rows!.samples}`);
    for (const [question, query] of QUESTIONS) {
      const { ms, count } = await medianMs(sql, query);
      print(question, `${ms.toFixed(0)} ms, of ${LIMIT_MS}: ${(ms / LIMIT_MS).toFixed(2)} (${count} rows)`);
    }
    await sql.end();
  });
}

async function fill(sql: postgres.Sql): Promise<void> {
  await sql`SET synchronous_commit = off`;
  await sql`INSERT INTO pool.accounts (account_name, key_fingerprint) VALUES ('main', 'bench')`;
  await sql`
    INSERT INTO pool.sub_accounts (account_id, puid, pname, default_algo)
    SELECT 1, n, 'farm ' || n, 'SHA256d' FROM generate_series(1, ${SUB_ACCOUNTS}::int) AS n`;
  await sql`
    INSERT INTO pool.workers (puid, algo, worker_id, worker_name, real_hash_rate_hps, hour_hash_rate_hps,
           day_hash_rate_hps, hash_unit, reject_rate, last_share_at, status)
    SELECT 1 + n % ${SUB_ACCOUNTS}::int, 'SHA256d', n, 'rig-' || n, 1e14 + n, 1e14 + n, 1e14, 'H', (n % 210) * 0.01,
           now() - (n % 65) * interval '1 minute', CASE WHEN n % 40 = 0 THEN 'INACTIVE' ELSE 'ACTIVE' END
      FROM generate_series(1, ${WORKERS}::int) AS n`;
  for (let ago = DAYS; ago >= 0; ago -= 1) {
    await sql`
      INSERT INTO pool.worker_daily (puid, algo, worker_id, day, snapshots, active_samples, measured_samples,
             sum_real_hash_rate_hps, avg_real_hash_rate_hps, min_real_hash_rate_hps, max_real_hash_rate_hps, last_reject_rate)
      SELECT puid, algo, worker_id, (now() AT TIME ZONE 'UTC')::date - ${ago}::int, ${PASSES_A_DAY}::int, up, up,
             up * hps, hps, hps * 0.9, hps * 1.1, 0.0157
        FROM (SELECT *, ${PASSES_A_DAY}::int - (worker_id + ${ago}::int) % 30 AS up, 1e14 + worker_id + ${ago}::int AS hps
                FROM pool.workers) AS w`;
  }
  await sql`ALTER TABLE report.fleet_day_totals DISABLE TRIGGER follow_fleet_days`;
  await sql`
    INSERT INTO report.fleet_day_totals (puid, algo, day_utc, snapshots, listed_samples, active_samples,
           sum_real_hash_rate_hps, avg_real_hash_rate_hps, min_real_hash_rate_hps, max_real_hash_rate_hps)
    SELECT puid, algo, day, ${PASSES_A_DAY}::int, sum(snapshots), sum(active_samples), sum(sum_real_hash_rate_hps),
           round(sum(sum_real_hash_rate_hps) / ${PASSES_A_DAY}::int, 6), 9e13, 11e13
      FROM pool.worker_daily GROUP BY 1, 2, 3`;
  await sql`
    SELECT sync.sum_up_fleet_days(puid, algo, min(day_utc), max(day_utc)) FROM report.fleet_day_totals GROUP BY puid, algo`;
  await sql`ALTER TABLE report.fleet_day_totals ENABLE TRIGGER follow_fleet_days`;
  await sql`
    INSERT INTO report.fleet_hour_totals (puid, algo, hour, snapshots, listed_samples, active_samples,
           sum_real_hash_rate_hps, avg_real_hash_rate_hps, min_real_hash_rate_hps, max_real_hash_rate_hps)
    SELECT n, 'SHA256d', h, 6, 1200, 1100, 6e16, 1e16, 9e15, 11e15
      FROM generate_series(1, ${SUB_ACCOUNTS}::int) AS n,
           generate_series(date_trunc('hour', now()) - interval '180 days', now(), interval '1 hour') AS h`;
  await sql`SELECT sync.ensure_worker_sample_partitions((now() AT TIME ZONE 'UTC')::date - ${SAMPLED_DAYS}::int, (now() AT TIME ZONE 'UTC')::date + 1)`;
  for (let day = 0; day < SAMPLED_DAYS; day += 1) {
    await sql`
      WITH sampled AS (SELECT puid, algo, worker_id, real_hash_rate_hps, hour_hash_rate_hps, day_hash_rate_hps, reject_rate,
             last_share_at, status, at AS observed_at
        FROM generate_series(1, ${PASSES_A_DAY}::int) AS snapshot,
             LATERAL (SELECT now() - ${day}::int * interval '1 day' - snapshot * interval '10 minutes' AS at) AS x,
             (SELECT * FROM pool.workers ORDER BY worker_id LIMIT ${SAMPLED_WORKERS}::int) AS w)
      ${sql.unsafe(INSERT_SAMPLE_BLOCKS)}`;
  }
  await sql`VACUUM (ANALYZE)`;
}

async function medianMs(sql: postgres.Sql, query: string): Promise<{ ms: number; count: number }> {
  const readings: number[] = [];
  let count = 0;
  for (let reading = 0; reading < READINGS; reading += 1) {
    const startedAt = performance.now();
    ({ length: count } = await sql.unsafe(query));
    readings.push(performance.now() - startedAt);
  }
  return { ms: readings.sort((a, b) => a - b)[Math.floor(READINGS / 2)]!, count };
}

function print(name: string, figure: string): void {
  process.stdout.write(`${name.padEnd(48)}${figure}\n`);
}

void main();
