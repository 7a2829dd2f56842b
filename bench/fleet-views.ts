import postgres from 'postgres';
import { fillFleet, LARGE_FLEET } from './large-data';
import { withScratchDatabase } from './scratch-database';

/**
 * How fast the questions that people click about the fleet open: on two years of daily figures for 10,000 workers
 * (7.3 million rows) and 14 days of samples every 10 minutes for 2,000 of them (4 million rows):
 *
 *     node -r ./test/support/typescript-hook.cjs bench/fleet-views.ts [workers] [days] [sampled workers]
 */
const [
  ,
  ,
  WORKERS = LARGE_FLEET.workers,
  DAYS = LARGE_FLEET.days,
  SAMPLED_WORKERS = LARGE_FLEET.sampledWorkers,
] = process.argv;
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
    await sql`SET synchronous_commit = off`;
    await fillFleet(sql, {
      ...{ workers: Number(WORKERS), days: Number(DAYS) },
      ...{ sampledWorkers: Number(SAMPLED_WORKERS), sampledDays: LARGE_FLEET.sampledDays },
    });
    await sql`VACUUM (ANALYZE)`;
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
