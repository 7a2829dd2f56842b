CREATE OR REPLACE VIEW report.fleet_hashrate_daily AS
SELECT a.account_name, a.sub_account, f.puid, f.algo, f.day_utc,
       f.snapshots, f.active_samples, f.listed_samples,
       round(f.active_samples::numeric / nullif(f.snapshots, 0), 2) AS active_workers,
       round(f.listed_samples::numeric / nullif(f.snapshots, 0), 2) AS workers,
       round(f.active_samples::numeric / nullif(f.listed_samples, 0), 4) AS uptime,
       f.avg_real_hash_rate_hps AS avg_hash_rate_hps, round(f.avg_real_hash_rate_hps / 1e12, 6) AS avg_hash_rate_ths,
       f.min_real_hash_rate_hps AS min_hash_rate_hps, round(f.min_real_hash_rate_hps / 1e12, 6) AS min_hash_rate_ths,
       f.max_real_hash_rate_hps AS max_hash_rate_hps, round(f.max_real_hash_rate_hps / 1e12, 6) AS max_hash_rate_ths,
       a.account_id
  FROM report.fleet_day_totals f
  JOIN report.sub_accounts a ON a.puid = f.puid;

COMMENT ON VIEW report.fleet_hashrate_daily IS 'The fleet by UTC day: hashrate and workers of each sub-account and algorithm, from complete snapshots of all workers.';
COMMENT ON COLUMN report.fleet_hashrate_daily.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.fleet_hashrate_daily.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN report.fleet_hashrate_daily.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.fleet_hashrate_daily.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.fleet_hashrate_daily.day_utc IS 'The day, UTC.';
COMMENT ON COLUMN report.fleet_hashrate_daily.snapshots IS 'Complete snapshots of the workers.';
COMMENT ON COLUMN report.fleet_hashrate_daily.active_samples IS 'ACTIVE workers, summed over the snapshots: sum(active_samples) / sum(listed_samples) is the uptime over any period.';
COMMENT ON COLUMN report.fleet_hashrate_daily.listed_samples IS 'Listed workers, summed over the snapshots.';
COMMENT ON COLUMN report.fleet_hashrate_daily.active_workers IS 'Workers with status ACTIVE, mean over the snapshots.';
COMMENT ON COLUMN report.fleet_hashrate_daily.workers IS 'Workers listed, mean over the snapshots.';
COMMENT ON COLUMN report.fleet_hashrate_daily.uptime IS 'active_samples / listed_samples: 1 means all workers were ACTIVE in all snapshots.';
COMMENT ON COLUMN report.fleet_hashrate_daily.avg_hash_rate_hps IS 'Real-time hashrate of all ACTIVE workers together, mean over the snapshots, H/s.';
COMMENT ON COLUMN report.fleet_hashrate_daily.avg_hash_rate_ths IS 'The same in TH/s, to 6 decimals.';
COMMENT ON COLUMN report.fleet_hashrate_daily.min_hash_rate_hps IS 'The same, of the lowest snapshot, H/s.';
COMMENT ON COLUMN report.fleet_hashrate_daily.min_hash_rate_ths IS 'The same in TH/s, to 6 decimals.';
COMMENT ON COLUMN report.fleet_hashrate_daily.max_hash_rate_hps IS 'The same, of the highest snapshot, H/s.';
COMMENT ON COLUMN report.fleet_hashrate_daily.max_hash_rate_ths IS 'The same in TH/s, to 6 decimals.';
COMMENT ON COLUMN report.fleet_hashrate_daily.account_id IS 'The account''s number in the schema pool.';
