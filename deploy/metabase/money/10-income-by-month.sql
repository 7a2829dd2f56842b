-- name: Income by month
-- description: What was mined in each month, by currency: settled, pending and anything else. Choose one currency above: a sum over several means nothing.
-- display: bar
-- x: month, currency
-- y: total
-- size: 16 x 7
SELECT month, currency, sum(total) AS total
  FROM report.monthly_income
 WHERE total IS NOT NULL [[AND currency = {{currency}}]]
 GROUP BY month, currency
 ORDER BY month, currency
