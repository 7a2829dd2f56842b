CREATE OR REPLACE VIEW report.data_freshness AS
WITH cursors AS MATERIALIZED (
  SELECT coalesce(c.account_id, s.account_id) AS account, c.*
    FROM sync.cursors c LEFT JOIN pool.sub_accounts s ON s.puid = c.puid
), scopes AS (
  SELECT account, stream, count(*) AS scopes,
         max(last_success_at) AS last_success_at,
         greatest(max(last_success_at), max(last_skip_at)) AS last_well_at,
         max(coalesce(last_cycle_at, last_success_at)) AS last_cycle_at,
         count(*) FILTER (WHERE consecutive_failures > 0) AS failing_scopes
    FROM cursors GROUP BY account, stream
), failures AS (
  SELECT DISTINCT ON (account_id, stream) account_id AS account, stream, error_message
    FROM sync.latest_runs
   WHERE consecutive_failures > 0 AND outcome = 'failed'
   ORDER BY account_id, stream, started_at DESC
), quarantine AS (
  SELECT coalesce(q.account_id, s.account_id) AS account, q.stream, count(*) AS rows
    FROM sync.quarantined_rows q LEFT JOIN pool.sub_accounts s ON s.puid = q.puid
   WHERE q.resolved_at IS NULL AND q.accepted_at IS NULL GROUP BY 1, 2
), unknown AS (
  SELECT account_id AS account, stream, string_agg(value, ', ' ORDER BY value) AS values
    FROM sync.unknown_values GROUP BY account_id, stream
), doubt AS (
  SELECT s.account_id AS account, w.stream, sum(w.in_doubt_count)::bigint AS rows
    FROM sync.windows w JOIN pool.sub_accounts s ON s.puid = w.puid
   WHERE w.in_doubt_count > 0 GROUP BY 1, 2
), unserved AS (
  SELECT s.account_id AS account, r.stream, count(*) AS rows
    FROM (SELECT 'earnings' AS stream, puid FROM pool.earnings WHERE unserved_at IS NOT NULL AND withdrawn_at IS NULL
           UNION ALL
          SELECT 'rewards', puid FROM pool.rewards WHERE unserved_at IS NOT NULL AND withdrawn_at IS NULL) AS r
    JOIN pool.sub_accounts s ON s.puid = r.puid GROUP BY 1, 2
), degraded AS (
  -- The conditions are those of the indexes earnings_degraded_idx and rewards_degraded_idx.
  SELECT s.account_id AS account, r.stream, count(*) AS rows
    FROM (SELECT 'earnings' AS stream, puid FROM pool.earnings
           WHERE withdrawn_at IS NULL AND extra ?| '{hashRate,hashUnit,settleTime,rejectRate}'::text[]
           UNION ALL
          SELECT 'rewards', puid FROM pool.rewards
           WHERE withdrawn_at IS NULL AND extra ?| '{hashRate,hashUnit,settleTime}'::text[]) AS r
    JOIN pool.sub_accounts s ON s.puid = r.puid GROUP BY 1, 2
)
SELECT a.account_name, a.status AS account_status, d.name AS stream,
       s.last_success_at,
       n.now - s.last_success_at AS age, round(extract(epoch FROM n.now - s.last_success_at)::numeric / 3600, 2) AS age_hours,
       s.last_cycle_at + d.every AS next_at,
       d.every AS every, round(extract(epoch FROM d.every)::numeric / 3600, 4) AS every_hours,
       l.is_late,
       coalesce(s.scopes, 0) AS scopes,
       coalesce(s.failing_scopes, 0) AS failing_scopes,
       f.error_message AS last_error,
       coalesce(q.rows, 0) AS open_quarantine,
       u.values AS unknown_values,
       a.account_id,
       p.last_progress_at,
       CASE WHEN s.failing_scopes > 0 THEN 'failing'
            WHEN l.is_late THEN 'late'
            WHEN s.last_success_at IS NOT NULL THEN 'fresh'
            WHEN s.last_well_at IS NOT NULL THEN 'nothing to ask'
            WHEN s.scopes > 0 THEN 'first sync'
            ELSE 'waiting' END AS state,
       coalesce(i.rows, 0) AS rows_in_doubt,
       coalesce(v.rows, 0) AS unserved_rows,
       coalesce(g.rows, 0) AS degraded_rows
  FROM pool.accounts a
 CROSS JOIN sync.schedule d
 CROSS JOIN (SELECT sync.now() AS now) n
  LEFT JOIN scopes s ON s.account = a.account_id AND s.stream = d.name
  LEFT JOIN failures f ON f.account = a.account_id AND f.stream = d.name
  LEFT JOIN quarantine q ON q.account = a.account_id AND q.stream = d.name
  LEFT JOIN doubt i ON i.account = a.account_id AND i.stream = d.name
  LEFT JOIN unserved v ON v.account = a.account_id AND v.stream = d.name
  LEFT JOIN degraded g ON g.account = a.account_id AND g.stream = d.name
  LEFT JOIN unknown u ON u.account = a.account_id AND u.stream = d.name
 CROSS JOIN LATERAL (
   SELECT CASE
     WHEN d.scope_kind = 'account'
       THEN coalesce(s.last_well_at, greatest(a.first_seen_at, a.key_since))
     -- A stream with a scope per sub-account has nothing to do until the pool lists one.
     ELSE (SELECT coalesce(s.last_well_at,
                           greatest(a.key_since, min(b.first_seen_at),
                                    (SELECT max(w.verified_at) FROM sync.windows w JOIN pool.sub_accounts o ON o.puid = w.puid
                                      WHERE o.account_id = a.account_id AND w.stream = d.name)))
             FROM pool.sub_accounts b
            WHERE b.account_id = a.account_id AND b.removed_at IS NULL AND b.default_algo <> ''
           HAVING count(*) > 0) END AS last_progress_at) AS p
 CROSS JOIN LATERAL (SELECT coalesce(n.now - p.last_progress_at > 3 * d.every, false) AS is_late) AS l
 WHERE d.position IS NOT NULL
 ORDER BY a.account_name, d.position;

COMMENT ON VIEW report.data_freshness IS 'Per account and stream: how old the data are, when they are due next, and what could not be parsed.';
COMMENT ON COLUMN report.data_freshness.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.data_freshness.account_status IS 'ok, or why the account is stopped: auth_failed, forbidden, duplicate, changed.';
COMMENT ON COLUMN report.data_freshness.stream IS 'Kind of data: earnings, rewards, workers, …';
COMMENT ON COLUMN report.data_freshness.last_success_at IS 'When a sync of the stream last succeeded; null: never.';
COMMENT ON COLUMN report.data_freshness.age IS 'Time since then.';
COMMENT ON COLUMN report.data_freshness.age_hours IS 'The same in hours.';
COMMENT ON COLUMN report.data_freshness.next_at IS 'When the stream is due next; in the past if it is overdue.';
COMMENT ON COLUMN report.data_freshness.every IS 'The interval at which it is synced.';
COMMENT ON COLUMN report.data_freshness.every_hours IS 'The same in hours.';
COMMENT ON COLUMN report.data_freshness.is_late IS 'True if there was something to request but no success for three intervals (before the first success: no progress).';
COMMENT ON COLUMN report.data_freshness.scopes IS 'Scopes that have been synced or attempted: sub-accounts × algorithms, or 1 for a stream of the whole account.';
COMMENT ON COLUMN report.data_freshness.failing_scopes IS 'Scopes whose last sync failed.';
COMMENT ON COLUMN report.data_freshness.last_error IS 'The latest failure, in one sentence; null if none is failing.';
COMMENT ON COLUMN report.data_freshness.open_quarantine IS 'Rows in quarantine that have not been accepted (kpool quarantine list).';
COMMENT ON COLUMN report.data_freshness.unknown_values IS 'Statuses, types and algorithms seen that are not in the pool''s specification; null if none.';
COMMENT ON COLUMN report.data_freshness.account_id IS 'The account''s number in the schema pool.';
COMMENT ON COLUMN report.data_freshness.last_progress_at IS 'When it last succeeded or found nothing to request; before the first success, when its first sync last progressed, or when there was first something to request; null: the pool lists no sub-accounts.';
COMMENT ON COLUMN report.data_freshness.state IS 'fresh; failing: the last sync of a scope failed; late: see is_late; nothing to ask: there is nothing to request from the pool yet; first sync: started, but no success yet; waiting: for the first sync to start.';
COMMENT ON COLUMN report.data_freshness.rows_in_doubt IS 'Income rows that the pool did not show when last read, kept because a row that could not be parsed may be one of them.';
COMMENT ON COLUMN report.data_freshness.unserved_rows IS 'Income rows older than anything the pool still serves; they are kept and still count.';
COMMENT ON COLUMN report.data_freshness.degraded_rows IS 'Income rows stored without a hashrate, reject rate or settle time because the value could not be parsed; extra has the original.';
