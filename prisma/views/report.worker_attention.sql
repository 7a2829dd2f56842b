CREATE OR REPLACE VIEW report.worker_attention AS
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
COMMENT ON COLUMN report.worker_attention.reasons IS 'One or more of: down (not ACTIVE), no share (ACTIVE, but none for an hour), slow (below 80 % of its own median), rejects (2 % or more), unsteady (ACTIVE in less than 90 % of the snapshots of a week).';
COMMENT ON COLUMN report.worker_attention.lost_hash_rate_hps IS 'What it does less than usual: its median less its hashrate, H/s; all of the median when it is down.';
COMMENT ON COLUMN report.worker_attention.status IS 'ACTIVE, INACTIVE, INVALID, or whatever the pool says.';
COMMENT ON COLUMN report.worker_attention.hash_rate_hps IS 'Hashrate of the last hour, as the pool says, H/s.';
COMMENT ON COLUMN report.worker_attention.median_hash_rate_hps IS 'Its usual hashrate: median of the daily means (while ACTIVE) of the 7 days before today, H/s.';
COMMENT ON COLUMN report.worker_attention.share_of_median IS 'hash_rate_hps / median_hash_rate_hps: 1 is as usual, 0.5 is half of it.';
COMMENT ON COLUMN report.worker_attention.uptime IS 'Share of the snapshots of the last 7 days and today in which it was ACTIVE: 1 is all of them.';
COMMENT ON COLUMN report.worker_attention.reject_rate IS 'Rejected shares in percent, as served.';
COMMENT ON COLUMN report.worker_attention.last_share_at IS 'Last submitted share.';
COMMENT ON COLUMN report.worker_attention.since_last_share IS 'Time since then.';
COMMENT ON COLUMN report.worker_attention.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.worker_attention.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.worker_attention.worker_id IS 'Worker id.';
COMMENT ON COLUMN report.worker_attention.account_id IS 'The account''s number in the schema pool.';
