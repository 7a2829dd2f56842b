-- name: Adjustments of closed months
-- description: Changes of amount that became known after their month was closed, in the month in which they are booked.
-- display: table
-- size: 12 x 6
SELECT booked_in, month, account_name, sub_account, currency, mining_date, change_text AS change, known_at
  FROM report.income_changes
 WHERE true [[AND currency = {{currency}}]]
 ORDER BY known_at DESC
 LIMIT 200
