-- The fleet: workers now, hashrate by hour and by day, uptime.

CREATE VIEW report.worker_status AS
SELECT a.account_name, coalesce(nullif(s.pname, ''), s.puid::text) AS sub_account, w.puid, w.algo, w.worker_id, w.worker_name,
       w.status, w.real_hash_rate_hps, w.hour_hash_rate_hps, w.day_hash_rate_hps, w.reject_rate,
       w.last_share_at, n.now - w.last_share_at AS since_last_share,
       w.first_seen_at, w.last_seen_at, w.account_id
  FROM pool.workers w
  JOIN pool.sub_accounts s ON s.account_id = w.account_id AND s.puid = w.puid
  JOIN pool.accounts a ON a.account_id = s.account_id
 CROSS JOIN (SELECT sync.now() AS now) n
 WHERE w.removed_at IS NULL;
COMMENT ON VIEW report.worker_status IS 'Workers (mining machines) that the pool lists, as they were when last looked at.';
COMMENT ON COLUMN report.worker_status.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.worker_status.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.worker_status.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.worker_status.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.worker_status.worker_id IS 'Worker id.';
COMMENT ON COLUMN report.worker_status.worker_name IS 'Name of the worker (mining machine).';
COMMENT ON COLUMN report.worker_status.status IS 'ACTIVE, INACTIVE, INVALID, or whatever the pool says.';
COMMENT ON COLUMN report.worker_status.real_hash_rate_hps IS 'Real-time hashrate, H/s.';
COMMENT ON COLUMN report.worker_status.hour_hash_rate_hps IS 'Hourly hashrate, H/s.';
COMMENT ON COLUMN report.worker_status.day_hash_rate_hps IS 'Daily hashrate, H/s.';
COMMENT ON COLUMN report.worker_status.reject_rate IS 'Rejected shares in percent, as served.';
COMMENT ON COLUMN report.worker_status.last_share_at IS 'Last submitted share.';
COMMENT ON COLUMN report.worker_status.since_last_share IS 'Time since then.';
COMMENT ON COLUMN report.worker_status.first_seen_at IS 'When it was first listed to us.';
COMMENT ON COLUMN report.worker_status.last_seen_at IS 'When it was last listed to us.';
COMMENT ON COLUMN report.worker_status.account_id IS 'The account''s number in the schema pool.';

CREATE VIEW report.fleet_hashrate_hourly AS
SELECT a.account_name, coalesce(nullif(s.pname, ''), s.puid::text) AS sub_account, f.puid, f.algo, f.hour,
       f.passes,
       round(f.active_samples::numeric / nullif(f.passes, 0), 2) AS active_workers,
       round(f.worker_passes::numeric / nullif(f.passes, 0), 2) AS workers,
       round(f.active_samples::numeric / nullif(f.worker_passes, 0), 4) AS uptime,
       f.avg_real_hash_rate_hps AS avg_hash_rate_hps,
       f.min_real_hash_rate_hps AS min_hash_rate_hps,
       f.max_real_hash_rate_hps AS max_hash_rate_hps,
       f.account_id
  FROM report.fleet_hour_totals f
  JOIN pool.sub_accounts s ON s.account_id = f.account_id AND s.puid = f.puid
  JOIN pool.accounts a ON a.account_id = s.account_id;
COMMENT ON VIEW report.fleet_hashrate_hourly IS 'The fleet by hour: hashrate and workers of each sub-account and algorithm, from complete walks over all workers.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.hour IS 'Start of the hour, UTC.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.passes IS 'Complete walks over the workers: how often the fleet was looked at.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.active_workers IS 'Workers ACTIVE at a time, mean over the passes.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.workers IS 'Workers listed at a time, mean over the passes.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.uptime IS 'Share of the listed workers that was ACTIVE, mean over the passes; 1 is all of them.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.avg_hash_rate_hps IS 'Real-time hashrate of all ACTIVE workers together, mean over the passes, H/s.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.min_hash_rate_hps IS 'The same at its lowest pass, H/s.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.max_hash_rate_hps IS 'The same at its highest pass, H/s.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.account_id IS 'The account''s number in the schema pool.';

CREATE VIEW report.fleet_hashrate_daily AS
SELECT a.account_name, coalesce(nullif(s.pname, ''), s.puid::text) AS sub_account, f.puid, f.algo, f.day,
       f.passes,
       round(f.active_samples::numeric / nullif(f.passes, 0), 2) AS active_workers,
       round(f.worker_passes::numeric / nullif(f.passes, 0), 2) AS workers,
       round(f.active_samples::numeric / nullif(f.worker_passes, 0), 4) AS uptime,
       f.avg_real_hash_rate_hps AS avg_hash_rate_hps,
       f.min_real_hash_rate_hps AS min_hash_rate_hps,
       f.max_real_hash_rate_hps AS max_hash_rate_hps,
       f.account_id
  FROM report.fleet_day_totals f
  JOIN pool.sub_accounts s ON s.account_id = f.account_id AND s.puid = f.puid
  JOIN pool.accounts a ON a.account_id = s.account_id;
COMMENT ON VIEW report.fleet_hashrate_daily IS 'The fleet by day: hashrate and workers of each sub-account and algorithm, from complete walks over all workers.';
COMMENT ON COLUMN report.fleet_hashrate_daily.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.fleet_hashrate_daily.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.fleet_hashrate_daily.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.fleet_hashrate_daily.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.fleet_hashrate_daily.day IS 'The day, UTC.';
COMMENT ON COLUMN report.fleet_hashrate_daily.passes IS 'Complete walks over the workers: how often the fleet was looked at.';
COMMENT ON COLUMN report.fleet_hashrate_daily.active_workers IS 'Workers ACTIVE at a time, mean over the passes.';
COMMENT ON COLUMN report.fleet_hashrate_daily.workers IS 'Workers listed at a time, mean over the passes.';
COMMENT ON COLUMN report.fleet_hashrate_daily.uptime IS 'Share of the listed workers that was ACTIVE, mean over the passes; 1 is all of them.';
COMMENT ON COLUMN report.fleet_hashrate_daily.avg_hash_rate_hps IS 'Real-time hashrate of all ACTIVE workers together, mean over the passes, H/s.';
COMMENT ON COLUMN report.fleet_hashrate_daily.min_hash_rate_hps IS 'The same at its lowest pass, H/s.';
COMMENT ON COLUMN report.fleet_hashrate_daily.max_hash_rate_hps IS 'The same at its highest pass, H/s.';
COMMENT ON COLUMN report.fleet_hashrate_daily.account_id IS 'The account''s number in the schema pool.';

CREATE VIEW report.worker_uptime_daily AS
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
COMMENT ON COLUMN report.worker_uptime_daily.passes IS 'Complete walks over the workers on that day.';
COMMENT ON COLUMN report.worker_uptime_daily.active_samples IS 'Those among them in which it was ACTIVE.';
COMMENT ON COLUMN report.worker_uptime_daily.uptime IS 'active_samples / passes: 1 is all day.';
COMMENT ON COLUMN report.worker_uptime_daily.avg_hash_rate_hps IS 'Mean real-time hashrate over its samples, H/s.';
COMMENT ON COLUMN report.worker_uptime_daily.min_hash_rate_hps IS 'Lowest real-time hashrate, H/s.';
COMMENT ON COLUMN report.worker_uptime_daily.max_hash_rate_hps IS 'Highest real-time hashrate, H/s.';
COMMENT ON COLUMN report.worker_uptime_daily.reject_rate IS 'Last reject rate seen on that day, in percent, as served.';
COMMENT ON COLUMN report.worker_uptime_daily.account_id IS 'The account''s number in the schema pool.';
