-- name: Freshness
-- description: When each kind of data was last synced successfully, and when it is due.
-- display: table
-- size: 24 x 7
SELECT account_name, account_status, stream, state, last_success_at, round(age_hours, 1) AS age_hours, next_at, scopes, failing_scopes,
       last_error
  FROM report.data_freshness
 ORDER BY is_late DESC NULLS LAST, failing_scopes DESC, account_name, stream
