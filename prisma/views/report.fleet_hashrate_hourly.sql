CREATE OR REPLACE VIEW report.fleet_hashrate_hourly AS
SELECT a.account_name, a.sub_account, f.puid, f.algo, f.hour,
       f.snapshots,
       round(f.active_samples::numeric / nullif(f.snapshots, 0), 2) AS active_workers,
       round(f.listed_samples::numeric / nullif(f.snapshots, 0), 2) AS workers,
       round(f.active_samples::numeric / nullif(f.listed_samples, 0), 4) AS uptime,
       f.avg_real_hash_rate_hps AS avg_hash_rate_hps,
       f.min_real_hash_rate_hps AS min_hash_rate_hps,
       f.max_real_hash_rate_hps AS max_hash_rate_hps,
       a.account_id
  FROM report.fleet_hour_totals f
  JOIN report.sub_accounts a ON a.puid = f.puid;

COMMENT ON VIEW report.fleet_hashrate_hourly IS 'The fleet by hour: hashrate and workers of each sub-account and algorithm, from complete walks over all workers.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.hour IS 'Start of the hour, UTC.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.snapshots IS 'Complete walks over the workers: how often the fleet was looked at.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.active_workers IS 'Workers ACTIVE at a time, mean over the snapshots.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.workers IS 'Workers listed at a time, mean over the snapshots.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.uptime IS 'Share of the listed workers that was ACTIVE, mean over the snapshots; 1 is all of them.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.avg_hash_rate_hps IS 'Real-time hashrate of all ACTIVE workers together, mean over the snapshots, H/s.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.min_hash_rate_hps IS 'The same at its lowest snapshot, H/s.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.max_hash_rate_hps IS 'The same at its highest snapshot, H/s.';
COMMENT ON COLUMN report.fleet_hashrate_hourly.account_id IS 'The account''s number in the schema pool.';
