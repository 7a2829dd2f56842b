import type { Bench } from './figure';
import { withLargeDatabase } from './large-data';
import { timeQuestions, type Question } from './timed-questions';

const QUESTIONS: readonly Question[] = [
  {
    what: 'the fleet by day over two years',
    limitMs: 300,
    query: `SELECT day_utc, sum(avg_hash_rate_hps), sum(active_workers), sum(workers) FROM report.fleet_hashrate_daily GROUP BY day_utc ORDER BY day_utc`,
    plainQuery: `SELECT day, sum(avg_real_hash_rate_hps), count(*) FILTER (WHERE active_samples > 0), count(*) FROM pool.worker_daily GROUP BY day ORDER BY day`,
  },
  {
    what: 'one sub-account by day over two years',
    limitMs: 300,
    query: `SELECT * FROM report.fleet_hashrate_daily WHERE sub_account = 'farm 7' ORDER BY day_utc`,
  },
  {
    what: 'the fleet by hour over 14 days',
    limitMs: 300,
    query: `SELECT hour, sum(avg_hash_rate_hps), sum(active_workers) FROM report.fleet_hashrate_hourly WHERE hour > now() - interval '14 days' GROUP BY hour ORDER BY hour`,
  },
  {
    what: "one sub-account's workers now",
    limitMs: 300,
    query: `SELECT * FROM report.worker_status WHERE sub_account = 'farm 7'`,
  },
  {
    what: 'workers of the whole fleet by status',
    limitMs: 300,
    query:
      'SELECT account_name, status, count(*), sum(real_hash_rate_hps) FROM report.worker_status GROUP BY 1, 2',
  },
  {
    what: 'the 100 worst machines of the last week',
    limitMs: 300,
    query: `SELECT account_name, sub_account, worker_id, worker_name, sum(active_samples)::numeric / sum(snapshots) AS uptime
       FROM report.worker_uptime_daily WHERE day_utc > (now() AT TIME ZONE 'UTC')::date - 7
      GROUP BY 1, 2, 3, 4 ORDER BY uptime, worker_id LIMIT 100`,
  },
  {
    what: 'one machine over two years',
    limitMs: 300,
    query: `SELECT * FROM report.worker_uptime_daily WHERE sub_account = 'farm 7' AND worker_name = 'rig-56' ORDER BY day_utc`,
  },
  {
    what: 'machines for the technician',
    limitMs: 300,
    query: 'SELECT * FROM report.worker_attention ORDER BY lost_hash_rate_hps DESC NULLS LAST LIMIT 100',
  },
  {
    what: "one sub-account's machines for the technician",
    limitMs: 300,
    query: `SELECT * FROM report.worker_attention WHERE sub_account = 'farm 7'`,
  },
  {
    what: 'uptime of the fleet by week over two years',
    limitMs: 300,
    query: `SELECT date_trunc('week', day_utc) AS week, sum(active_samples) / sum(listed_samples) FROM report.fleet_hashrate_daily GROUP BY 1 ORDER BY 1`,
  },
  {
    what: 'machines below their baseline last week',
    limitMs: 300,
    query: `SELECT * FROM report.worker_weekly WHERE week_utc > current_date - 14 AND share_of_baseline < 0.9`,
  },
  { what: 'the fleet by prefix', limitMs: 300, query: 'SELECT * FROM report.fleet_by_prefix' },
  {
    what: 'samples of one machine over 14 days',
    limitMs: 300,
    query: `SELECT observed_at, real_hash_rate_hps FROM report.worker_history(7, 'SHA256d', 56) ORDER BY observed_at`,
  },
];

export const fleetReports: Bench = {
  name: 'fleet-reports',
  title: 'How fast the reports on machines open, over 7.3 million worker-days and 4 million samples',
  minutes: 20,
  run: (log) => withLargeDatabase(log, (url) => timeQuestions(url, QUESTIONS, log)),
};
