-- name: Uptime by day, last 90 days
-- description: Share of listed machines that were active, by sub-account.
-- display: line
-- x: day_utc, sub_account
-- y: uptime
-- size: 12 x 7
SELECT day_utc, sub_account, sum(active_samples) / nullif(sum(listed_samples), 0) AS uptime
  FROM report.fleet_hashrate_daily
 WHERE day_utc > current_date - 90
 GROUP BY day_utc, sub_account
 ORDER BY day_utc, sub_account
