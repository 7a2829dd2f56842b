-- name: Completeness
-- description: How much of the ledger is certified, by sub-account and list. Certified means: it contains exactly the rows the pool served.
-- display: table
-- size: 12 x 7
SELECT account_name, sub_account, algo, stream, state, count(*) AS spans, sum(rows) AS rows, sum(unsettled_rows) AS unsettled,
       sum(rows_in_doubt) AS in_doubt, max(verified_at) AS verified_at
  FROM report.completeness
 GROUP BY account_name, sub_account, algo, stream, state
 ORDER BY state = 'certified', account_name, sub_account, algo, stream
