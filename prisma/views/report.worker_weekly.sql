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

COMMENT ON VIEW report.worker_weekly IS 'Each worker by week against what it does while it is sound. Complete UTC days only: today counts from tomorrow on.';
COMMENT ON COLUMN report.worker_weekly.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.worker_weekly.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.worker_weekly.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.worker_weekly.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.worker_weekly.worker_id IS 'Worker id.';
COMMENT ON COLUMN report.worker_weekly.worker_name IS 'Name of the worker (mining machine).';
COMMENT ON COLUMN report.worker_weekly.site IS 'Where it stands, as book.worker_groups says (kpool worker-groups); null: no prefix of it fits the name.';
COMMENT ON COLUMN report.worker_weekly.customer IS 'Whose it is, as book.worker_groups says.';
COMMENT ON COLUMN report.worker_weekly.model IS 'Its model, as book.worker_groups says.';
COMMENT ON COLUMN report.worker_weekly.name_prefix IS 'The longest prefix of book.worker_groups that its name begins with; where none does, the name without its last number.';
COMMENT ON COLUMN report.worker_weekly.week_utc IS 'The week: its Monday, UTC.';
COMMENT ON COLUMN report.worker_weekly.days IS 'Complete days of the week that have figures.';
COMMENT ON COLUMN report.worker_weekly.snapshots IS 'Complete snapshots in that week while it was listed.';
COMMENT ON COLUMN report.worker_weekly.active_samples IS 'Those among them in which it was ACTIVE.';
COMMENT ON COLUMN report.worker_weekly.uptime IS 'Availability: active_samples / snapshots; 1 is all week.';
COMMENT ON COLUMN report.worker_weekly.avg_hash_rate_hps IS 'Mean real-time hashrate while ACTIVE, H/s.';
COMMENT ON COLUMN report.worker_weekly.avg_hash_rate_ths IS 'The same in TH/s, to 6 decimals.';
COMMENT ON COLUMN report.worker_weekly.baseline_hash_rate_hps IS 'The 80th percentile of its weekly means of this week and the eight before, H/s.';
COMMENT ON COLUMN report.worker_weekly.baseline_hash_rate_ths IS 'The same in TH/s, to 6 decimals.';
COMMENT ON COLUMN report.worker_weekly.share_of_baseline IS 'avg_hash_rate_hps / baseline_hash_rate_hps: 1 is as when it is sound.';
COMMENT ON COLUMN report.worker_weekly.reject_rate IS 'Mean over the days of the last reject rate seen on each, as served; its unit is not known.';
COMMENT ON COLUMN report.worker_weekly.account_id IS 'The account''s number in the schema pool.';
