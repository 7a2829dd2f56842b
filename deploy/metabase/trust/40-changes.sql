-- name: What changed in the last 7 days
-- description: Rows of the ledger that changed after they were first seen: settled, amended, withdrawn, restored.
-- display: table
-- size: 24 x 8
SELECT known_at, change, account_name, sub_account, currency, stream, type, mining_date, amount_before_text AS before,
       amount_after_text AS after, status_before, status_after, row_id
  FROM report.changes
 WHERE known_at > now() - interval '7 days' AND change <> 'appeared'
 ORDER BY known_at DESC
 LIMIT 500
