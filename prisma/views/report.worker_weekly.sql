CREATE OR REPLACE VIEW report.worker_weekly AS
SELECT w.account_name, w.sub_account, t.puid, t.algo, t.worker_id, w.worker_name,
       w.site, w.customer, w.model, w.name_prefix, t.week AS week_utc, t.days, t.snapshots, t.active_samples,
       round(t.active_samples::numeric / nullif(t.snapshots, 0), 4) AS uptime,
       t.avg_real_hash_rate_hps AS avg_hash_rate_hps, round(t.avg_real_hash_rate_hps / 1e12, 6) AS avg_hash_rate_ths,
       t.baseline_hash_rate_hps, round(t.baseline_hash_rate_hps / 1e12, 6) AS baseline_hash_rate_ths,
       round(t.avg_real_hash_rate_hps / nullif(t.baseline_hash_rate_hps, 0), 4) AS share_of_baseline,
       t.avg_reject_rate AS reject_rate, w.account_id
  FROM sync.worker_weeks t
  JOIN sync.named_workers w ON w.puid = t.puid AND w.algo = t.algo AND w.worker_id = t.worker_id;

COMMENT ON VIEW report.worker_weekly IS 'Each worker by week, compared with its normal hashrate. Complete UTC days only; today is included from tomorrow on.';
COMMENT ON COLUMN report.worker_weekly.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.worker_weekly.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN report.worker_weekly.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.worker_weekly.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.worker_weekly.worker_id IS 'Worker id.';
COMMENT ON COLUMN report.worker_weekly.worker_name IS 'Name of the worker (mining machine).';
COMMENT ON COLUMN report.worker_weekly.site IS 'Site of its group in book.worker_groups (kpool worker-groups); null if no prefix matches its name.';
COMMENT ON COLUMN report.worker_weekly.customer IS 'Customer of its group in book.worker_groups.';
COMMENT ON COLUMN report.worker_weekly.model IS 'Model of its group in book.worker_groups.';
COMMENT ON COLUMN report.worker_weekly.name_prefix IS 'The longest prefix in book.worker_groups that its name starts with; if none does, the name without its trailing number.';
COMMENT ON COLUMN report.worker_weekly.week_utc IS 'The week: its Monday, UTC.';
COMMENT ON COLUMN report.worker_weekly.days IS 'Complete days of the week that have figures.';
COMMENT ON COLUMN report.worker_weekly.snapshots IS 'Complete snapshots in that week while it was listed.';
COMMENT ON COLUMN report.worker_weekly.active_samples IS 'Snapshots in which it was ACTIVE.';
COMMENT ON COLUMN report.worker_weekly.uptime IS 'Uptime: active_samples / snapshots, 0 to 1.';
COMMENT ON COLUMN report.worker_weekly.avg_hash_rate_hps IS 'Mean real-time hashrate while ACTIVE, H/s.';
COMMENT ON COLUMN report.worker_weekly.avg_hash_rate_ths IS 'The same in TH/s, to 6 decimals.';
COMMENT ON COLUMN report.worker_weekly.baseline_hash_rate_hps IS 'The 80th percentile of its weekly means of this week and the eight before, H/s.';
COMMENT ON COLUMN report.worker_weekly.baseline_hash_rate_ths IS 'The same in TH/s, to 6 decimals.';
COMMENT ON COLUMN report.worker_weekly.share_of_baseline IS 'avg_hash_rate_hps / baseline_hash_rate_hps: 1 is its normal hashrate.';
COMMENT ON COLUMN report.worker_weekly.reject_rate IS 'Mean of each day''s last reject rate, as served; its unit is unclear.';
COMMENT ON COLUMN report.worker_weekly.account_id IS 'The account''s number in the schema pool.';
