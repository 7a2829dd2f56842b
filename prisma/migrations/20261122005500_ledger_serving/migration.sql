-- How the pool serves a scope of the ledger: spans that it answers only in part, and what it has forgotten.
ALTER TABLE sync.cursors
  ADD COLUMN span_limit_ms bigint CHECK (span_limit_ms > 0),
  ADD COLUMN served_from timestamptz;
COMMENT ON COLUMN sync.cursors.span_limit_ms IS 'The longest span of time, in milliseconds, that the server answered with all that it holds; null until it was seen to refuse a longer one or to serve a part of it. The least of an account counts for all its scopes.';
COMMENT ON COLUMN sync.cursors.served_from IS 'The oldest mining time of the scope that the pool still serves, once it was seen to forget what is older: those rows are kept as they were; null: it forgot none.';

CREATE OR REPLACE VIEW report.data_freshness AS
WITH scopes AS (
  SELECT c.account_id, c.stream, count(*) AS scopes,
         max(c.last_success_at) AS last_success_at,
         max(coalesce(c.last_cycle_at, c.last_success_at)) AS last_cycle_at,
         count(*) FILTER (WHERE c.consecutive_failures > 0) AS failing_scopes
    FROM sync.cursors c GROUP BY c.account_id, c.stream
), failures AS (
  SELECT DISTINCT ON (c.account_id, c.stream) c.account_id, c.stream, r.error_message
    FROM sync.cursors c
   CROSS JOIN LATERAL (
     SELECT started_at, error_message FROM sync.runs
      WHERE stream = c.stream AND account_id = c.account_id AND puid = c.puid AND algo = c.algo AND outcome = 'failed'
      ORDER BY started_at DESC LIMIT 1) AS r
   WHERE c.consecutive_failures > 0
   ORDER BY c.account_id, c.stream, r.started_at DESC
), quarantine AS (
  SELECT account_id, stream, count(*) AS rows
    FROM sync.quarantined_rows WHERE resolved_at IS NULL AND accepted_at IS NULL GROUP BY account_id, stream
), unknown AS (
  SELECT account_id, stream, string_agg(value, ', ' ORDER BY value) AS values FROM sync.unknown_values GROUP BY account_id, stream
), forgotten AS (
  SELECT account_id, stream, 'served from ' || to_char(max(served_from) AT TIME ZONE 'UTC', 'YYYY-MM-DD')
         || CASE WHEN count(*) > 1 THEN ' or before (' || count(*) || ' scopes)' ELSE '' END AS text
    FROM sync.cursors WHERE served_from IS NOT NULL GROUP BY account_id, stream
)
SELECT a.account_name, a.status AS account_status, d.name AS stream,
       s.last_success_at,
       n.now - s.last_success_at AS age,
       s.last_cycle_at + d.every AS next_at,
       d.every AS every,
       coalesce(n.now - s.last_success_at > 3 * d.every, true) AS is_late,
       coalesce(s.scopes, 0) AS scopes,
       coalesce(s.failing_scopes, 0) AS failing_scopes,
       f.error_message AS last_error,
       coalesce(q.rows, 0) AS open_quarantine,
       u.values AS unknown_values,
       a.account_id,
       o.text AS forgotten
  FROM pool.accounts a
 CROSS JOIN sync.schedule d
 CROSS JOIN (SELECT sync.now() AS now) n
  LEFT JOIN scopes s ON s.account_id = a.account_id AND s.stream = d.name
  LEFT JOIN failures f ON f.account_id = a.account_id AND f.stream = d.name
  LEFT JOIN quarantine q ON q.account_id = a.account_id AND q.stream = d.name
  LEFT JOIN forgotten o ON o.account_id = a.account_id AND o.stream = d.name
  LEFT JOIN unknown u ON u.account_id = a.account_id AND u.stream = d.name
 WHERE d.position IS NOT NULL
 ORDER BY a.account_name, d.position;
COMMENT ON COLUMN report.data_freshness.forgotten IS 'From when on the pool still serves the income, once it was seen to forget older rows (they are kept as they were last served); null: it forgot none.';
