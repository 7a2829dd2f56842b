-- name: Rows to review
-- description: Rows that could not be parsed, are in doubt, lack an unreadable detail, or are no longer served.
-- display: table
-- size: 12 x 7
SELECT account_name, stream, open_quarantine, rows_in_doubt, degraded_rows, unserved_rows, unknown_values
  FROM report.data_freshness
 WHERE open_quarantine > 0 OR rows_in_doubt > 0 OR degraded_rows > 0 OR unserved_rows > 0 OR unknown_values IS NOT NULL
 ORDER BY account_name, stream
