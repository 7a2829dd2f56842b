-- name: Closed months
-- description: Every close and reopen of a month, latest first.
-- display: table
-- size: 12 x 6
SELECT month, action, is_in_force, account_name, as_of, note, recorded_at
  FROM report.closed_months
 ORDER BY recorded_at DESC, close_id DESC
 LIMIT 100
