CREATE OR REPLACE VIEW report.worker_health AS
SELECT w.account_name, w.sub_account, w.puid, w.algo, w.worker_id, w.worker_name,
       w.site, w.customer, w.model, w.name_prefix, w.status,
       w.hour_hash_rate_hps AS hash_rate_hps, round(w.hour_hash_rate_hps / 1e12, 6) AS hash_rate_ths,
       b.hash_rate_hps AS baseline_hash_rate_hps, round(b.hash_rate_hps / 1e12, 6) AS baseline_hash_rate_ths,
       round(w.hour_hash_rate_hps / nullif(b.hash_rate_hps, 0), 4) AS share_of_baseline,
       round(u.active_samples / nullif(u.snapshots, 0), 4) AS uptime,
       w.reject_rate, w.last_share_at, n.now - w.last_share_at AS since_last_share,
       round(extract(epoch FROM n.now - w.last_share_at)::numeric / 3600, 2) AS hours_since_last_share,
       w.account_id
  FROM sync.named_workers w
 CROSS JOIN (SELECT sync.now() AS now, sync.day_of(sync.now(), 'UTC') AS today) n
  -- Most machines have figures of the newest week: these are joined at once. The others' latest week is looked up one by one.
  LEFT JOIN sync.worker_weeks l
         ON l.puid = w.puid AND l.algo = w.algo AND l.worker_id = w.worker_id
        AND l.week = (SELECT max(week) FROM sync.worker_weeks) AND l.week > n.today - 63
 CROSS JOIN LATERAL (
    SELECT CASE WHEN l.week IS NOT NULL THEN l.baseline_hash_rate_hps
                ELSE (SELECT t.baseline_hash_rate_hps FROM sync.worker_weeks t
                       WHERE t.puid = w.puid AND t.algo = w.algo AND t.worker_id = w.worker_id AND t.week > n.today - 63
                       ORDER BY t.week DESC LIMIT 1) END AS hash_rate_hps
    OFFSET 0) b
  -- Aggregated before the join, day by day: on disk, rows of a day lie together, rows of a machine do not.
  LEFT JOIN (SELECT d.puid, d.algo, d.worker_id, sum(d.snapshots)::numeric AS snapshots, sum(d.active_samples)::numeric AS active_samples
               FROM (SELECT sync.day_of(sync.now(), 'UTC') - ago AS day FROM generate_series(0, 7) AS ago OFFSET 0) AS days
               JOIN pool.worker_daily d USING (day)
              GROUP BY d.puid, d.algo, d.worker_id) u
         ON u.puid = w.puid AND u.algo = w.algo AND u.worker_id = w.worker_id
 WHERE w.removed_at IS NULL;

COMMENT ON VIEW report.worker_health IS 'Each worker (mining machine) that the pool lists, compared with its normal hashrate.';
COMMENT ON COLUMN report.worker_health.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.worker_health.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN report.worker_health.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.worker_health.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.worker_health.worker_id IS 'Worker id.';
COMMENT ON COLUMN report.worker_health.worker_name IS 'Name of the worker (mining machine).';
COMMENT ON COLUMN report.worker_health.site IS 'Site of its group in book.worker_groups (kpool worker-groups); null if no prefix matches its name.';
COMMENT ON COLUMN report.worker_health.customer IS 'Customer of its group in book.worker_groups.';
COMMENT ON COLUMN report.worker_health.model IS 'Model of its group in book.worker_groups.';
COMMENT ON COLUMN report.worker_health.name_prefix IS 'The longest prefix in book.worker_groups that its name starts with; if none does, the name without its trailing number.';
COMMENT ON COLUMN report.worker_health.status IS 'ACTIVE, INACTIVE, INVALID, or any other value the pool sends.';
COMMENT ON COLUMN report.worker_health.hash_rate_hps IS 'Hashrate of the last hour, as reported by the pool, H/s.';
COMMENT ON COLUMN report.worker_health.hash_rate_ths IS 'The same in TH/s, to 6 decimals.';
COMMENT ON COLUMN report.worker_health.baseline_hash_rate_hps IS 'Its normal hashrate: the 80th percentile of its weekly means (while ACTIVE) over the nine weeks up to its last complete day, H/s. A fault of up to seven weeks does not lower it. Null before its second day.';
COMMENT ON COLUMN report.worker_health.baseline_hash_rate_ths IS 'The same in TH/s, to 6 decimals.';
COMMENT ON COLUMN report.worker_health.share_of_baseline IS 'hash_rate_hps / baseline_hash_rate_hps: 1 is its normal hashrate, 0.5 half of it.';
COMMENT ON COLUMN report.worker_health.uptime IS 'Share of the snapshots of the last 7 UTC days and today in which it was ACTIVE, 0 to 1.';
COMMENT ON COLUMN report.worker_health.reject_rate IS 'Reject rate as served. Its unit is unclear: the specification labels it %, with the examples 0.0157 and 0.02.';
COMMENT ON COLUMN report.worker_health.last_share_at IS 'Last submitted share.';
COMMENT ON COLUMN report.worker_health.since_last_share IS 'Time since then.';
COMMENT ON COLUMN report.worker_health.hours_since_last_share IS 'The same in hours.';
COMMENT ON COLUMN report.worker_health.account_id IS 'The account''s number in the schema pool.';
