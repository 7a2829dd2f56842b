-- Which machines need a technician's look, and by what.

CREATE VIEW report.worker_health AS
SELECT a.account_name, coalesce(nullif(s.pname, ''), s.puid::text) AS sub_account, w.puid, w.algo, w.worker_id, w.worker_name,
       w.status, w.hour_hash_rate_hps AS hash_rate_hps, m.median_hash_rate_hps,
       round(w.hour_hash_rate_hps / nullif(m.median_hash_rate_hps, 0), 4) AS share_of_median,
       round(d.active_samples::numeric / nullif(d.passes, 0), 4) AS uptime,
       w.reject_rate, w.last_share_at, n.now - w.last_share_at AS since_last_share, w.account_id
  FROM pool.workers w
  JOIN pool.sub_accounts s ON s.account_id = w.account_id AND s.puid = w.puid
  JOIN pool.accounts a ON a.account_id = s.account_id
 CROSS JOIN (SELECT sync.now() AS now) n
 -- Found by day and summed up by hash: asked worker by worker, or sorted, it takes twice as long.
  LEFT JOIN (
   SELECT t.account_id, t.puid, t.algo, t.worker_id, sum(t.passes) AS passes, sum(t.active_samples) AS active_samples,
          max(t.avg_real_hash_rate_hps) FILTER (WHERE ago = 1) AS day_1, max(t.avg_real_hash_rate_hps) FILTER (WHERE ago = 2) AS day_2,
          max(t.avg_real_hash_rate_hps) FILTER (WHERE ago = 3) AS day_3, max(t.avg_real_hash_rate_hps) FILTER (WHERE ago = 4) AS day_4,
          max(t.avg_real_hash_rate_hps) FILTER (WHERE ago = 5) AS day_5, max(t.avg_real_hash_rate_hps) FILTER (WHERE ago = 6) AS day_6,
          max(t.avg_real_hash_rate_hps) FILTER (WHERE ago = 7) AS day_7
     FROM (SELECT (sync.now() AT TIME ZONE 'UTC')::date AS today) AS n
    CROSS JOIN generate_series(0, 7) AS ago
     JOIN pool.worker_daily t ON t.day = n.today - ago
    GROUP BY t.account_id, t.puid, t.algo, t.worker_id
 ) d ON d.account_id = w.account_id AND d.puid = w.puid AND d.algo = w.algo AND d.worker_id = w.worker_id
 CROSS JOIN LATERAL (
   SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY hps) AS median_hash_rate_hps
     FROM (VALUES (d.day_1), (d.day_2), (d.day_3), (d.day_4), (d.day_5), (d.day_6), (d.day_7)) AS v (hps)
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
COMMENT ON COLUMN report.worker_health.uptime IS 'Share of the passes of the last 7 days and today in which it was ACTIVE: 1 is all of them.';
COMMENT ON COLUMN report.worker_health.reject_rate IS 'Rejected shares in percent, as served.';
COMMENT ON COLUMN report.worker_health.last_share_at IS 'Last submitted share.';
COMMENT ON COLUMN report.worker_health.since_last_share IS 'Time since then.';
COMMENT ON COLUMN report.worker_health.account_id IS 'The account''s number in the schema pool.';

CREATE VIEW report.worker_attention AS
SELECT h.account_name, h.sub_account, h.worker_name, r.reasons,
       greatest(h.median_hash_rate_hps - CASE WHEN h.status = 'ACTIVE' THEN coalesce(h.hash_rate_hps, 0) ELSE 0 END, 0)
         AS lost_hash_rate_hps,
       h.status, h.hash_rate_hps, h.median_hash_rate_hps, h.share_of_median, h.uptime, h.reject_rate,
       h.last_share_at, h.since_last_share, h.puid, h.algo, h.worker_id, h.account_id
  FROM report.worker_health h
 CROSS JOIN LATERAL (SELECT concat_ws(', ',
         CASE WHEN h.status <> 'ACTIVE' THEN 'down' END,
         CASE WHEN h.status = 'ACTIVE' AND h.since_last_share > interval '1 hour' THEN 'no share' END,
         CASE WHEN h.status = 'ACTIVE' AND h.share_of_median < 0.8 THEN 'slow' END,
         CASE WHEN h.reject_rate >= 2 THEN 'rejects' END,
         CASE WHEN h.uptime < 0.9 THEN 'unsteady' END) AS reasons) r
 -- One that was not up once in a week is no news: it is off, sold or scrapped.
 WHERE h.uptime > 0 AND r.reasons <> '';
COMMENT ON VIEW report.worker_attention IS 'Workers (mining machines) that need a technician''s look, with the reasons. Sort by lost_hash_rate_hps to begin where most is lost. Those that were not ACTIVE once in the last 7 days are left out.';
COMMENT ON COLUMN report.worker_attention.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.worker_attention.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.worker_attention.worker_name IS 'Name of the worker (mining machine).';
COMMENT ON COLUMN report.worker_attention.reasons IS 'One or more of: down (not ACTIVE), no share (ACTIVE, but none for an hour), slow (below 80 % of its own median), rejects (2 % or more), unsteady (ACTIVE in less than 90 % of the passes of a week).';
COMMENT ON COLUMN report.worker_attention.lost_hash_rate_hps IS 'What it does less than usual: its median less its hashrate, H/s; all of the median when it is down.';
COMMENT ON COLUMN report.worker_attention.status IS 'ACTIVE, INACTIVE, INVALID, or whatever the pool says.';
COMMENT ON COLUMN report.worker_attention.hash_rate_hps IS 'Hashrate of the last hour, as the pool says, H/s.';
COMMENT ON COLUMN report.worker_attention.median_hash_rate_hps IS 'Its usual hashrate: median of the daily means (while ACTIVE) of the 7 days before today, H/s.';
COMMENT ON COLUMN report.worker_attention.share_of_median IS 'hash_rate_hps / median_hash_rate_hps: 1 is as usual, 0.5 is half of it.';
COMMENT ON COLUMN report.worker_attention.uptime IS 'Share of the passes of the last 7 days and today in which it was ACTIVE: 1 is all of them.';
COMMENT ON COLUMN report.worker_attention.reject_rate IS 'Rejected shares in percent, as served.';
COMMENT ON COLUMN report.worker_attention.last_share_at IS 'Last submitted share.';
COMMENT ON COLUMN report.worker_attention.since_last_share IS 'Time since then.';
COMMENT ON COLUMN report.worker_attention.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.worker_attention.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.worker_attention.worker_id IS 'Worker id.';
COMMENT ON COLUMN report.worker_attention.account_id IS 'The account''s number in the schema pool.';

COMMENT ON COLUMN report.worker_uptime_daily.passes IS 'Complete walks over the workers on that day, while it was listed.';
COMMENT ON COLUMN report.worker_uptime_daily.uptime IS 'Availability: active_samples / passes; 1 is all day.';
COMMENT ON COLUMN report.worker_uptime_daily.avg_hash_rate_hps IS 'Mean real-time hashrate while ACTIVE, H/s.';
COMMENT ON COLUMN report.worker_uptime_daily.min_hash_rate_hps IS 'Lowest real-time hashrate while ACTIVE, H/s.';
COMMENT ON COLUMN report.worker_uptime_daily.max_hash_rate_hps IS 'Highest real-time hashrate while ACTIVE, H/s.';
