-- name: Ties out to the pool
-- description: The pool's own totals compared with the ledger. Check anything but "matches" with kpool reconcile.
-- display: table
-- size: 12 x 7
SELECT account_name, currency, verdict, pool_total_text AS pool, difference_text AS difference, reason, definition, observed_at
  FROM report.account_reconciliation
 WHERE true [[AND currency = {{currency}}]]
 ORDER BY verdict = 'differs' DESC, account_name, currency
