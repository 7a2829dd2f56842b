CREATE OR REPLACE VIEW report.worker_attention AS
WITH usual AS (
  SELECT s.account_id, w.algo, percentile_disc(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY w.reject_rate) AS quarters
    FROM pool.workers w
    JOIN pool.sub_accounts s ON s.puid = w.puid
   WHERE w.removed_at IS NULL AND w.status = 'ACTIVE' AND w.reject_rate IS NOT NULL
   GROUP BY s.account_id, w.algo
  -- Quartiles of fewer machines mean little.
  HAVING count(*) >= 10
), limits AS (
  -- Far above what is usual: beyond three interquartile ranges above the upper quartile, and twice the median.
  SELECT account_id, algo, greatest(quarters[3] + 3 * (quarters[3] - quarters[1]), 2 * quarters[2]) AS reject_rate
    FROM usual
)
SELECT h.account_name, h.sub_account, h.worker_name, r.reasons,
       x.lost_hash_rate_hps, round(x.lost_hash_rate_hps / 1e12, 6) AS lost_hash_rate_ths,
       h.status, h.hash_rate_hps, h.hash_rate_ths, h.baseline_hash_rate_hps, h.baseline_hash_rate_ths, h.share_of_baseline,
       h.uptime, h.reject_rate, l.reject_rate AS reject_rate_limit,
       h.last_share_at, h.since_last_share, h.hours_since_last_share,
       h.site, h.customer, h.model, h.name_prefix, h.puid, h.algo, h.worker_id, h.account_id
  FROM report.worker_health h
  LEFT JOIN limits l ON l.account_id = h.account_id AND l.algo = h.algo
 CROSS JOIN LATERAL (SELECT CASE WHEN h.baseline_hash_rate_hps IS NOT NULL THEN
         greatest(h.baseline_hash_rate_hps - CASE WHEN h.status = 'ACTIVE' THEN coalesce(h.hash_rate_hps, 0) ELSE 0 END, 0) END
           AS lost_hash_rate_hps) x
 CROSS JOIN LATERAL (SELECT concat_ws(', ',
         CASE WHEN h.status <> 'ACTIVE' THEN 'down' END,
         CASE WHEN h.status = 'ACTIVE' AND h.since_last_share > interval '1 hour' THEN 'no share' END,
         CASE WHEN h.status = 'ACTIVE' AND h.share_of_baseline < 0.8 THEN 'slow' END,
         CASE WHEN h.reject_rate > l.reject_rate THEN 'rejects' END,
         CASE WHEN h.uptime < 0.9 THEN 'unsteady' END) AS reasons) r
 -- A machine that was neither ACTIVE nor submitted a share for a week is switched off or gone.
 WHERE (h.uptime > 0 OR h.since_last_share < interval '7 days') AND r.reasons <> '';

COMMENT ON VIEW report.worker_attention IS 'Workers (mining machines) that need attention, and why. Sort by lost_hash_rate_hps to start with the costliest. Workers that were neither ACTIVE nor submitted a share in the last 7 days are excluded.';
COMMENT ON COLUMN report.worker_attention.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.worker_attention.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN report.worker_attention.worker_name IS 'Name of the worker (mining machine).';
COMMENT ON COLUMN report.worker_attention.reasons IS 'One or more of: down (not ACTIVE), no share (ACTIVE, but no share for an hour), slow (below 80 % of its baseline), rejects (above reject_rate_limit), unsteady (ACTIVE in less than 90 % of a week''s snapshots).';
COMMENT ON COLUMN report.worker_attention.lost_hash_rate_hps IS 'Hashrate lost: its baseline minus its hashrate, H/s; all of the baseline if it is down. Null without a baseline.';
COMMENT ON COLUMN report.worker_attention.lost_hash_rate_ths IS 'The same in TH/s, to 6 decimals.';
COMMENT ON COLUMN report.worker_attention.status IS 'ACTIVE, INACTIVE, INVALID, or any other value the pool sends.';
COMMENT ON COLUMN report.worker_attention.hash_rate_hps IS 'Hashrate of the last hour, as reported by the pool, H/s.';
COMMENT ON COLUMN report.worker_attention.hash_rate_ths IS 'The same in TH/s, to 6 decimals.';
COMMENT ON COLUMN report.worker_attention.baseline_hash_rate_hps IS 'Its normal hashrate: the 80th percentile of its weekly means (while ACTIVE) over the nine weeks up to its last complete day, H/s. A fault of up to seven weeks does not lower it. Null before its second day.';
COMMENT ON COLUMN report.worker_attention.baseline_hash_rate_ths IS 'The same in TH/s, to 6 decimals.';
COMMENT ON COLUMN report.worker_attention.share_of_baseline IS 'hash_rate_hps / baseline_hash_rate_hps: 1 is its normal hashrate, 0.5 half of it.';
COMMENT ON COLUMN report.worker_attention.uptime IS 'Share of the snapshots of the last 7 UTC days and today in which it was ACTIVE, 0 to 1.';
COMMENT ON COLUMN report.worker_attention.reject_rate IS 'Reject rate as served. Its unit is unclear: the specification labels it %, with the examples 0.0157 and 0.02.';
COMMENT ON COLUMN report.worker_attention.reject_rate_limit IS 'A reject rate above this is a reason: three interquartile ranges above the third quartile of the account''s ACTIVE workers of the algorithm, and at least twice their median. Null if fewer than 10 have a rate.';
COMMENT ON COLUMN report.worker_attention.last_share_at IS 'Last submitted share.';
COMMENT ON COLUMN report.worker_attention.since_last_share IS 'Time since then.';
COMMENT ON COLUMN report.worker_attention.hours_since_last_share IS 'The same in hours.';
COMMENT ON COLUMN report.worker_attention.site IS 'Site of its group in book.worker_groups (kpool worker-groups); null if no prefix matches its name.';
COMMENT ON COLUMN report.worker_attention.customer IS 'Customer of its group in book.worker_groups.';
COMMENT ON COLUMN report.worker_attention.model IS 'Model of its group in book.worker_groups.';
COMMENT ON COLUMN report.worker_attention.name_prefix IS 'The longest prefix in book.worker_groups that its name starts with; if none does, the name without its trailing number.';
COMMENT ON COLUMN report.worker_attention.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.worker_attention.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.worker_attention.worker_id IS 'Worker id.';
COMMENT ON COLUMN report.worker_attention.account_id IS 'The account''s number in the schema pool.';
