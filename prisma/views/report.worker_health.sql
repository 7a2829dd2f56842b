CREATE OR REPLACE VIEW report.worker_health AS
SELECT a.account_name, a.sub_account, w.puid, w.algo, w.worker_id, w.worker_name,
       w.status, w.hour_hash_rate_hps AS hash_rate_hps, m.median_hash_rate_hps,
       round(w.hour_hash_rate_hps / nullif(m.median_hash_rate_hps, 0), 4) AS share_of_median,
       round(p.active_samples::numeric / nullif(p.snapshots, 0), 4) AS uptime,
       w.reject_rate, w.last_share_at, n.now - w.last_share_at AS since_last_share, a.account_id
  FROM pool.workers w
  LEFT JOIN (SELECT t.* FROM (SELECT sync.day_of(sync.now(), 'UTC') - 0 AS day) n JOIN pool.worker_daily t USING (day)) d0
         ON (d0.puid, d0.algo, d0.worker_id) = (w.puid, w.algo, w.worker_id)
  LEFT JOIN (SELECT t.* FROM (SELECT sync.day_of(sync.now(), 'UTC') - 1 AS day) n JOIN pool.worker_daily t USING (day)) d1
         ON (d1.puid, d1.algo, d1.worker_id) = (w.puid, w.algo, w.worker_id)
  LEFT JOIN (SELECT t.* FROM (SELECT sync.day_of(sync.now(), 'UTC') - 2 AS day) n JOIN pool.worker_daily t USING (day)) d2
         ON (d2.puid, d2.algo, d2.worker_id) = (w.puid, w.algo, w.worker_id)
  LEFT JOIN (SELECT t.* FROM (SELECT sync.day_of(sync.now(), 'UTC') - 3 AS day) n JOIN pool.worker_daily t USING (day)) d3
         ON (d3.puid, d3.algo, d3.worker_id) = (w.puid, w.algo, w.worker_id)
  LEFT JOIN (SELECT t.* FROM (SELECT sync.day_of(sync.now(), 'UTC') - 4 AS day) n JOIN pool.worker_daily t USING (day)) d4
         ON (d4.puid, d4.algo, d4.worker_id) = (w.puid, w.algo, w.worker_id)
  LEFT JOIN (SELECT t.* FROM (SELECT sync.day_of(sync.now(), 'UTC') - 5 AS day) n JOIN pool.worker_daily t USING (day)) d5
         ON (d5.puid, d5.algo, d5.worker_id) = (w.puid, w.algo, w.worker_id)
  LEFT JOIN (SELECT t.* FROM (SELECT sync.day_of(sync.now(), 'UTC') - 6 AS day) n JOIN pool.worker_daily t USING (day)) d6
         ON (d6.puid, d6.algo, d6.worker_id) = (w.puid, w.algo, w.worker_id)
  LEFT JOIN (SELECT t.* FROM (SELECT sync.day_of(sync.now(), 'UTC') - 7 AS day) n JOIN pool.worker_daily t USING (day)) d7
         ON (d7.puid, d7.algo, d7.worker_id) = (w.puid, w.algo, w.worker_id)
  JOIN report.sub_accounts a ON a.puid = w.puid
 CROSS JOIN (SELECT sync.now() AS now) n
 CROSS JOIN LATERAL (
   SELECT coalesce(d0.snapshots, 0) + coalesce(d1.snapshots, 0) + coalesce(d2.snapshots, 0) + coalesce(d3.snapshots, 0) + coalesce(d4.snapshots, 0) + coalesce(d5.snapshots, 0) + coalesce(d6.snapshots, 0) + coalesce(d7.snapshots, 0) AS snapshots,
          coalesce(d0.active_samples, 0) + coalesce(d1.active_samples, 0) + coalesce(d2.active_samples, 0) + coalesce(d3.active_samples, 0) + coalesce(d4.active_samples, 0) + coalesce(d5.active_samples, 0) + coalesce(d6.active_samples, 0) + coalesce(d7.active_samples, 0) AS active_samples
 ) p
 CROSS JOIN LATERAL (
   SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY hps) AS median_hash_rate_hps
     FROM (VALUES (d1.avg_real_hash_rate_hps), (d2.avg_real_hash_rate_hps), (d3.avg_real_hash_rate_hps), (d4.avg_real_hash_rate_hps), (d5.avg_real_hash_rate_hps), (d6.avg_real_hash_rate_hps), (d7.avg_real_hash_rate_hps)) AS v (hps)
 ) m
 WHERE w.removed_at IS NULL;

COMMENT ON VIEW report.worker_health IS 'Each worker (mining machine) that the pool lists, against its own last 7 days.';
COMMENT ON COLUMN report.worker_health.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.worker_health.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.worker_health.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.worker_health.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.worker_health.worker_id IS 'Worker id.';
COMMENT ON COLUMN report.worker_health.worker_name IS 'Name of the worker (mining machine).';
COMMENT ON COLUMN report.worker_health.status IS 'ACTIVE, INACTIVE, INVALID, or whatever the pool says.';
COMMENT ON COLUMN report.worker_health.hash_rate_hps IS 'Hashrate of the last hour, as the pool says, H/s.';
COMMENT ON COLUMN report.worker_health.median_hash_rate_hps IS 'Its usual hashrate: median of the daily means (while ACTIVE) of the 7 days before today, H/s; null before its second day.';
COMMENT ON COLUMN report.worker_health.share_of_median IS 'hash_rate_hps / median_hash_rate_hps: 1 is as usual, 0.5 is half of it.';
COMMENT ON COLUMN report.worker_health.uptime IS 'Share of the snapshots of the last 7 days and today in which it was ACTIVE: 1 is all of them.';
COMMENT ON COLUMN report.worker_health.reject_rate IS 'Rejected shares in percent, as served.';
COMMENT ON COLUMN report.worker_health.last_share_at IS 'Last submitted share.';
COMMENT ON COLUMN report.worker_health.since_last_share IS 'Time since then.';
COMMENT ON COLUMN report.worker_health.account_id IS 'The account''s number in the schema pool.';
