-- name: Hashrate by hour, last 7 days
-- description: The whole fleet by algorithm, in TH/s.
-- display: line
-- x: hour, algo
-- y: hash_rate_ths
-- size: 16 x 7
SELECT hour, algo, sum(avg_hash_rate_ths) AS hash_rate_ths
  FROM report.fleet_hashrate_hourly
 WHERE hour > now() - interval '7 days'
 GROUP BY hour, algo
 ORDER BY hour, algo
