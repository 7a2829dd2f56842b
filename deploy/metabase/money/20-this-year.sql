-- name: Settled and pending this year
-- description: By currency, all digits.
-- display: table
-- size: 8 x 7
SELECT currency, trim_scale(sum(settled))::text AS settled, trim_scale(sum(pending))::text AS pending,
       trim_scale(sum(total))::text AS total
  FROM report.monthly_income
 WHERE month >= date_trunc('year', current_date) [[AND currency = {{currency}}]]
 GROUP BY currency
 ORDER BY currency
