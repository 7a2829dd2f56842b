CREATE OR REPLACE VIEW report.worker_uptime_daily AS
SELECT a.account_name, a.sub_account, d.puid, d.algo, d.worker_id, w.worker_name, d.day,
       d.snapshots, d.active_samples,
       round(d.active_samples::numeric / nullif(d.snapshots, 0), 4) AS uptime,
       d.avg_real_hash_rate_hps AS avg_hash_rate_hps, d.min_real_hash_rate_hps AS min_hash_rate_hps,
       d.max_real_hash_rate_hps AS max_hash_rate_hps, d.last_reject_rate AS reject_rate, a.account_id
  FROM pool.worker_daily d
  JOIN pool.workers w ON w.puid = d.puid AND w.algo = d.algo AND w.worker_id = d.worker_id
  JOIN report.sub_accounts a ON a.puid = d.puid;

COMMENT ON VIEW report.worker_uptime_daily IS 'How much of each day (UTC) each worker was at work: snapshots in which it was ACTIVE, over complete snapshots of its sub-account and algorithm.';
COMMENT ON COLUMN report.worker_uptime_daily.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.worker_uptime_daily.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.worker_uptime_daily.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.worker_uptime_daily.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.worker_uptime_daily.worker_id IS 'Worker id.';
COMMENT ON COLUMN report.worker_uptime_daily.worker_name IS 'Name of the worker (mining machine).';
COMMENT ON COLUMN report.worker_uptime_daily.day IS 'The day, UTC.';
COMMENT ON COLUMN report.worker_uptime_daily.snapshots IS 'Complete walks over the workers on that day, while it was listed.';
COMMENT ON COLUMN report.worker_uptime_daily.active_samples IS 'Those among them in which it was ACTIVE.';
COMMENT ON COLUMN report.worker_uptime_daily.uptime IS 'Availability: active_samples / snapshots; 1 is all day.';
COMMENT ON COLUMN report.worker_uptime_daily.avg_hash_rate_hps IS 'Mean real-time hashrate while ACTIVE, H/s.';
COMMENT ON COLUMN report.worker_uptime_daily.min_hash_rate_hps IS 'Lowest real-time hashrate while ACTIVE, H/s.';
COMMENT ON COLUMN report.worker_uptime_daily.max_hash_rate_hps IS 'Highest real-time hashrate while ACTIVE, H/s.';
COMMENT ON COLUMN report.worker_uptime_daily.reject_rate IS 'Last reject rate seen on that day, in percent, as served.';
COMMENT ON COLUMN report.worker_uptime_daily.account_id IS 'The account''s number in the schema pool.';
