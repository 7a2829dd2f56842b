-- name: Machines that need attention
-- description: Costliest first, with the lost hashrate and the reasons.
-- display: table
-- size: 24 x 8
SELECT account_name, sub_account, worker_name, reasons, lost_hash_rate_ths, share_of_baseline, uptime, reject_rate,
       hours_since_last_share, site, customer, model
  FROM report.worker_attention
 ORDER BY lost_hash_rate_ths DESC NULLS LAST
 LIMIT 100
