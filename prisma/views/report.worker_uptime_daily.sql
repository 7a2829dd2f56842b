CREATE OR REPLACE VIEW report.worker_uptime_daily AS
SELECT w.account_name, w.sub_account, d.puid, d.algo, d.worker_id, w.worker_name,
       w.site, w.customer, w.model, w.name_prefix, d.day AS day_utc,
       d.snapshots, d.active_samples,
       round(d.active_samples::numeric / nullif(d.snapshots, 0), 4) AS uptime,
       d.avg_real_hash_rate_hps AS avg_hash_rate_hps, round(d.avg_real_hash_rate_hps / 1e12, 6) AS avg_hash_rate_ths,
       d.min_real_hash_rate_hps AS min_hash_rate_hps, round(d.min_real_hash_rate_hps / 1e12, 6) AS min_hash_rate_ths,
       d.max_real_hash_rate_hps AS max_hash_rate_hps, round(d.max_real_hash_rate_hps / 1e12, 6) AS max_hash_rate_ths,
       d.last_reject_rate AS reject_rate, w.account_id
  FROM pool.worker_daily d
  JOIN sync.named_workers w ON w.puid = d.puid AND w.algo = d.algo AND w.worker_id = d.worker_id;

COMMENT ON VIEW report.worker_uptime_daily IS 'Uptime of each worker by UTC day: the share of complete snapshots of its sub-account and algorithm in which it was ACTIVE. For weeks use report.worker_weekly, for the whole fleet report.fleet_hashrate_daily.';
COMMENT ON COLUMN report.worker_uptime_daily.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.worker_uptime_daily.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN report.worker_uptime_daily.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.worker_uptime_daily.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.worker_uptime_daily.worker_id IS 'Worker id.';
COMMENT ON COLUMN report.worker_uptime_daily.worker_name IS 'Name of the worker (mining machine).';
COMMENT ON COLUMN report.worker_uptime_daily.site IS 'Site of its group in book.worker_groups (kpool worker-groups); null if no prefix matches its name.';
COMMENT ON COLUMN report.worker_uptime_daily.customer IS 'Customer of its group in book.worker_groups.';
COMMENT ON COLUMN report.worker_uptime_daily.model IS 'Model of its group in book.worker_groups.';
COMMENT ON COLUMN report.worker_uptime_daily.name_prefix IS 'The longest prefix in book.worker_groups that its name starts with; if none does, the name without its trailing number.';
COMMENT ON COLUMN report.worker_uptime_daily.day_utc IS 'The day, UTC.';
COMMENT ON COLUMN report.worker_uptime_daily.snapshots IS 'Complete snapshots on that day while it was listed.';
COMMENT ON COLUMN report.worker_uptime_daily.active_samples IS 'Snapshots in which it was ACTIVE.';
COMMENT ON COLUMN report.worker_uptime_daily.uptime IS 'Uptime: active_samples / snapshots, 0 to 1.';
COMMENT ON COLUMN report.worker_uptime_daily.avg_hash_rate_hps IS 'Mean real-time hashrate while ACTIVE, H/s.';
COMMENT ON COLUMN report.worker_uptime_daily.avg_hash_rate_ths IS 'The same in TH/s, to 6 decimals.';
COMMENT ON COLUMN report.worker_uptime_daily.min_hash_rate_hps IS 'Lowest real-time hashrate while ACTIVE, H/s.';
COMMENT ON COLUMN report.worker_uptime_daily.min_hash_rate_ths IS 'The same in TH/s, to 6 decimals.';
COMMENT ON COLUMN report.worker_uptime_daily.max_hash_rate_hps IS 'Highest real-time hashrate while ACTIVE, H/s.';
COMMENT ON COLUMN report.worker_uptime_daily.max_hash_rate_ths IS 'The same in TH/s, to 6 decimals.';
COMMENT ON COLUMN report.worker_uptime_daily.reject_rate IS 'Last reject rate of the day, as served; its unit is unclear.';
COMMENT ON COLUMN report.worker_uptime_daily.account_id IS 'The account''s number in the schema pool.';
