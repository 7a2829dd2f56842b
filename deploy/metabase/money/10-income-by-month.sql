-- name: Income by month
-- description: Income mined in each month, by currency: settled, pending and other. Choose one currency above, since a sum over several is meaningless.
-- display: bar
-- x: month, currency
-- y: total
-- size: 16 x 7
SELECT month, currency, sum(total) AS total
  FROM report.monthly_income
 WHERE total IS NOT NULL [[AND currency = {{currency}}]]
 GROUP BY month, currency
 ORDER BY month, currency
