-- name: Adjustments of closed months
-- description: Changes that became known after their month was closed, with the month in which to book them.
-- display: table
-- size: 12 x 6
SELECT booked_in, month, account_name, sub_account, currency, mining_date, change_text AS change, known_at
  FROM report.income_changes
 WHERE true [[AND currency = {{currency}}]]
 ORDER BY known_at DESC
 LIMIT 200
