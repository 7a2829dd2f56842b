-- Machines against their own week in a third of the time, memory for sums; and what a pass that was broken off is.

-- As before. Eight days found by day and joined by hash, one after the other, are read in a third of the time that it takes
-- to sum up 80,000 rows: a view can be given no memory, and a sum that does not fit is sorted on disk.
CREATE OR REPLACE VIEW report.worker_health AS
SELECT a.account_name, coalesce(nullif(s.pname, ''), s.puid::text) AS sub_account, w.puid, w.algo, w.worker_id, w.worker_name,
       w.status, w.hour_hash_rate_hps AS hash_rate_hps, m.median_hash_rate_hps,
       round(w.hour_hash_rate_hps / nullif(m.median_hash_rate_hps, 0), 4) AS share_of_median,
       round(p.active_samples::numeric / nullif(p.passes, 0), 4) AS uptime,
       w.reject_rate, w.last_share_at, n.now - w.last_share_at AS since_last_share, w.account_id
  FROM pool.workers w
  LEFT JOIN (SELECT t.* FROM (SELECT (sync.now() AT TIME ZONE 'UTC')::date - 0 AS day) n JOIN pool.worker_daily t USING (day)) d0
         ON (d0.account_id, d0.puid, d0.algo, d0.worker_id) = (w.account_id, w.puid, w.algo, w.worker_id)
  LEFT JOIN (SELECT t.* FROM (SELECT (sync.now() AT TIME ZONE 'UTC')::date - 1 AS day) n JOIN pool.worker_daily t USING (day)) d1
         ON (d1.account_id, d1.puid, d1.algo, d1.worker_id) = (w.account_id, w.puid, w.algo, w.worker_id)
  LEFT JOIN (SELECT t.* FROM (SELECT (sync.now() AT TIME ZONE 'UTC')::date - 2 AS day) n JOIN pool.worker_daily t USING (day)) d2
         ON (d2.account_id, d2.puid, d2.algo, d2.worker_id) = (w.account_id, w.puid, w.algo, w.worker_id)
  LEFT JOIN (SELECT t.* FROM (SELECT (sync.now() AT TIME ZONE 'UTC')::date - 3 AS day) n JOIN pool.worker_daily t USING (day)) d3
         ON (d3.account_id, d3.puid, d3.algo, d3.worker_id) = (w.account_id, w.puid, w.algo, w.worker_id)
  LEFT JOIN (SELECT t.* FROM (SELECT (sync.now() AT TIME ZONE 'UTC')::date - 4 AS day) n JOIN pool.worker_daily t USING (day)) d4
         ON (d4.account_id, d4.puid, d4.algo, d4.worker_id) = (w.account_id, w.puid, w.algo, w.worker_id)
  LEFT JOIN (SELECT t.* FROM (SELECT (sync.now() AT TIME ZONE 'UTC')::date - 5 AS day) n JOIN pool.worker_daily t USING (day)) d5
         ON (d5.account_id, d5.puid, d5.algo, d5.worker_id) = (w.account_id, w.puid, w.algo, w.worker_id)
  LEFT JOIN (SELECT t.* FROM (SELECT (sync.now() AT TIME ZONE 'UTC')::date - 6 AS day) n JOIN pool.worker_daily t USING (day)) d6
         ON (d6.account_id, d6.puid, d6.algo, d6.worker_id) = (w.account_id, w.puid, w.algo, w.worker_id)
  LEFT JOIN (SELECT t.* FROM (SELECT (sync.now() AT TIME ZONE 'UTC')::date - 7 AS day) n JOIN pool.worker_daily t USING (day)) d7
         ON (d7.account_id, d7.puid, d7.algo, d7.worker_id) = (w.account_id, w.puid, w.algo, w.worker_id)
  JOIN pool.sub_accounts s ON s.account_id = w.account_id AND s.puid = w.puid
  JOIN pool.accounts a ON a.account_id = w.account_id
 CROSS JOIN (SELECT sync.now() AS now) n
 CROSS JOIN LATERAL (
   SELECT coalesce(d0.passes, 0) + coalesce(d1.passes, 0) + coalesce(d2.passes, 0) + coalesce(d3.passes, 0) + coalesce(d4.passes, 0) + coalesce(d5.passes, 0) + coalesce(d6.passes, 0) + coalesce(d7.passes, 0) AS passes,
          coalesce(d0.active_samples, 0) + coalesce(d1.active_samples, 0) + coalesce(d2.active_samples, 0) + coalesce(d3.active_samples, 0) + coalesce(d4.active_samples, 0) + coalesce(d5.active_samples, 0) + coalesce(d6.active_samples, 0) + coalesce(d7.active_samples, 0) AS active_samples
 ) p
 CROSS JOIN LATERAL (
   SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY hps) AS median_hash_rate_hps
     FROM (VALUES (d1.avg_real_hash_rate_hps), (d2.avg_real_hash_rate_hps), (d3.avg_real_hash_rate_hps), (d4.avg_real_hash_rate_hps), (d5.avg_real_hash_rate_hps), (d6.avg_real_hash_rate_hps), (d7.avg_real_hash_rate_hps)) AS v (hps)
 ) m
 WHERE w.removed_at IS NULL;

-- "Who was worst last week" sums up a row per machine and day; in 4 MB, PostgreSQL's default, that is sorted on disk
-- and takes twice as long. Connections opened from now on have room for it, unless somebody gave them more.
DO $$
BEGIN
  IF pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('16MB') THEN
    EXECUTE format('ALTER DATABASE %I SET work_mem = %L', current_database(), '16MB');
  END IF;
EXCEPTION
  WHEN insufficient_privilege THEN NULL;
END
$$;

COMMENT ON TABLE pool.worker_passes IS 'Walks over the workers of a sub-account and algorithm. Those with completed_at are complete: only they leave samples and figures and count for uptime. The others were broken off, could not be proven complete, or are under way.';
COMMENT ON COLUMN pool.worker_passes.completed_at IS 'When every worker had been read; null when the pass was broken off, could not be proven complete, or is under way.';
COMMENT ON COLUMN pool.worker_passes.active_workers IS 'Workers with status ACTIVE; 0 unless the pass is complete.';
COMMENT ON COLUMN pool.worker_passes.inactive_workers IS 'Workers with status INACTIVE; 0 unless the pass is complete.';
COMMENT ON COLUMN pool.worker_passes.invalid_workers IS 'Workers with status INVALID; 0 unless the pass is complete.';
COMMENT ON COLUMN pool.worker_passes.other_workers IS 'Workers with a status that we do not know; 0 unless the pass is complete.';
COMMENT ON COLUMN sync.staged_workers.status IS 'The list that it was in, or what /worker/get said; empty as long as only the list of all workers has named it.';
COMMENT ON COLUMN sync.staged_workers.contested IS 'Two lists of this pass held it, or none by status, and /worker/get has not settled it yet.';
