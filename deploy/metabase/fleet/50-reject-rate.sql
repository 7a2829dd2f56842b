-- name: Reject rate by day, last 90 days
-- description: Median of the machines, as served by the pool; its unit is unclear.
-- display: line
-- x: day_utc, sub_account
-- y: reject_rate
-- size: 12 x 7
SELECT day_utc, sub_account, max(median_reject_rate) AS reject_rate
  FROM report.reject_rate_daily
 WHERE day_utc > current_date - 90
 GROUP BY day_utc, sub_account
 ORDER BY day_utc, sub_account
