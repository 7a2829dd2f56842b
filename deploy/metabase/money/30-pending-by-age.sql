-- name: Pending, by age
-- description: Income that the pool has not settled yet, oldest first.
-- display: table
-- size: 12 x 7
SELECT account_name, sub_account, currency, age_days, count(*) AS items, trim_scale(sum(amount))::text AS amount
  FROM report.unsettled_income
 WHERE true [[AND currency = {{currency}}]]
 GROUP BY account_name, sub_account, currency, age_days
 ORDER BY age_days DESC, account_name, sub_account, currency
 LIMIT 200
