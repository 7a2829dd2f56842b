CREATE OR REPLACE VIEW report.worker_uptime_daily AS
SELECT a.account_name, coalesce(nullif(s.pname, ''), s.puid::text) AS sub_account, d.puid, d.algo, d.worker_id, w.worker_name, d.day,
       d.passes, d.active_samples,
       round(d.active_samples::numeric / nullif(d.passes, 0), 4) AS uptime,
       d.avg_real_hash_rate_hps AS avg_hash_rate_hps, d.min_real_hash_rate_hps AS min_hash_rate_hps,
       d.max_real_hash_rate_hps AS max_hash_rate_hps, d.last_reject_rate AS reject_rate, d.account_id
  FROM pool.worker_daily d
  JOIN pool.workers w ON w.account_id = d.account_id AND w.puid = d.puid AND w.algo = d.algo AND w.worker_id = d.worker_id
  JOIN pool.sub_accounts s ON s.account_id = d.account_id AND s.puid = d.puid
  JOIN pool.accounts a ON a.account_id = s.account_id;

COMMENT ON VIEW report.worker_uptime_daily IS 'How much of each day (UTC) each worker was at work: passes in which it was ACTIVE, over complete passes of its sub-account and algorithm.';
COMMENT ON COLUMN report.worker_uptime_daily.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.worker_uptime_daily.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.worker_uptime_daily.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.worker_uptime_daily.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.worker_uptime_daily.worker_id IS 'Worker id.';
COMMENT ON COLUMN report.worker_uptime_daily.worker_name IS 'Name of the worker (mining machine).';
COMMENT ON COLUMN report.worker_uptime_daily.day IS 'The day, UTC.';
COMMENT ON COLUMN report.worker_uptime_daily.passes IS 'Complete walks over the workers on that day, while it was listed.';
COMMENT ON COLUMN report.worker_uptime_daily.active_samples IS 'Those among them in which it was ACTIVE.';
COMMENT ON COLUMN report.worker_uptime_daily.uptime IS 'Availability: active_samples / passes; 1 is all day.';
COMMENT ON COLUMN report.worker_uptime_daily.avg_hash_rate_hps IS 'Mean real-time hashrate while ACTIVE, H/s.';
COMMENT ON COLUMN report.worker_uptime_daily.min_hash_rate_hps IS 'Lowest real-time hashrate while ACTIVE, H/s.';
COMMENT ON COLUMN report.worker_uptime_daily.max_hash_rate_hps IS 'Highest real-time hashrate while ACTIVE, H/s.';
COMMENT ON COLUMN report.worker_uptime_daily.reject_rate IS 'Last reject rate seen on that day, in percent, as served.';
COMMENT ON COLUMN report.worker_uptime_daily.account_id IS 'The account''s number in the schema pool.';
