-- How fresh and how complete the data are.

-- Defaults are those of the configuration; the sync writes what is configured to sync.settings. 'recent' and 'full'
-- are the tiers that read windows of income again, not streams.
CREATE VIEW sync.schedule AS
SELECT d.name, d.position,
       coalesce((SELECT (value ->> d.name)::numeric FROM sync.settings WHERE key = 'stream_intervals'), d.seconds)
         * interval '1 second' AS every
  FROM (VALUES ('algorithms', 1, 86400), ('sub-accounts', 2, 600), ('earnings', 3, 3600), ('rewards', 4, 3600),
               ('account-income', 5, 3600), ('sub-account-income', 6, 3600), ('workers', 7, 600),
               ('worker-details', 8, 86400), ('recent', NULL, 86400), ('full', NULL, 604800))
         AS d (name, position, seconds);
COMMENT ON VIEW sync.schedule IS 'How often each stream is synced, and how often the tiers of the ledger are read again.';
COMMENT ON COLUMN sync.schedule.name IS 'The stream; recent and full for the tiers.';
COMMENT ON COLUMN sync.schedule.position IS 'Order of the streams; null for a tier.';
COMMENT ON COLUMN sync.schedule.every IS 'The interval.';

-- Empty as long as the pool says only what its specification says.
CREATE INDEX earnings_unknown_status_idx ON pool.earnings (account_id, status) WHERE status NOT IN ('SETTLED', 'WAIT_SETTLE');
CREATE INDEX rewards_unknown_status_idx ON pool.rewards (account_id, status) WHERE status NOT IN ('SETTLED', 'WAIT_SETTLE');
CREATE INDEX rewards_unknown_type_idx ON pool.rewards (account_id, type)
  WHERE type NOT IN ('MINING_EARN', 'UNITE_COIN_EARN', 'REWARD_EARN', 'HASH_RATE_EARN', 'FEE_RATE_EARN');

CREATE VIEW sync.unknown_values AS
SELECT DISTINCT 'earnings' AS stream, account_id, 'status ' || status AS value
  FROM pool.earnings WHERE status NOT IN ('SETTLED', 'WAIT_SETTLE')
 UNION ALL
SELECT DISTINCT 'rewards', account_id, 'status ' || status
  FROM pool.rewards WHERE status NOT IN ('SETTLED', 'WAIT_SETTLE')
 UNION ALL
SELECT DISTINCT 'rewards', account_id, 'type ' || type
  FROM pool.rewards
 WHERE type NOT IN ('MINING_EARN', 'UNITE_COIN_EARN', 'REWARD_EARN', 'HASH_RATE_EARN', 'FEE_RATE_EARN')
 UNION ALL
SELECT DISTINCT 'workers', account_id, 'status ' || status
  FROM pool.workers WHERE status NOT IN ('ACTIVE', 'INACTIVE', 'INVALID')
 UNION ALL
SELECT DISTINCT 'sub-accounts', s.account_id, 'algorithm ' || s.default_algo
  FROM pool.sub_accounts s
 WHERE s.default_algo <> ''
   AND NOT EXISTS (SELECT FROM pool.algorithms g WHERE g.account_id = s.account_id AND g.algo = s.default_algo);
COMMENT ON VIEW sync.unknown_values IS 'Statuses, types and algorithms that the pool said and its specification or its own list does not have.';
COMMENT ON COLUMN sync.unknown_values.stream IS 'The stream that said it.';
COMMENT ON COLUMN sync.unknown_values.account_id IS 'The account: pool.accounts.';
COMMENT ON COLUMN sync.unknown_values.value IS 'What kind of value, and the value.';

CREATE VIEW report.data_freshness AS
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
       a.account_id
  FROM pool.accounts a
 CROSS JOIN sync.schedule d
 CROSS JOIN (SELECT sync.now() AS now) n
  LEFT JOIN scopes s ON s.account_id = a.account_id AND s.stream = d.name
  LEFT JOIN failures f ON f.account_id = a.account_id AND f.stream = d.name
  LEFT JOIN quarantine q ON q.account_id = a.account_id AND q.stream = d.name
  LEFT JOIN unknown u ON u.account_id = a.account_id AND u.stream = d.name
 WHERE d.position IS NOT NULL
 ORDER BY a.account_name, d.position;
COMMENT ON VIEW report.data_freshness IS 'Per account and stream: how old the data are, when they are next due, what could not be understood.';
COMMENT ON COLUMN report.data_freshness.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.data_freshness.account_status IS 'ok, or why the account is stopped: auth_failed, forbidden, duplicate, changed.';
COMMENT ON COLUMN report.data_freshness.stream IS 'Kind of data: earnings, rewards, workers, …';
COMMENT ON COLUMN report.data_freshness.last_success_at IS 'When a sync of the stream last succeeded; null: never.';
COMMENT ON COLUMN report.data_freshness.age IS 'Time since then.';
COMMENT ON COLUMN report.data_freshness.next_at IS 'When the stream is due next; in the past when it is overdue.';
COMMENT ON COLUMN report.data_freshness.every IS 'The interval at which it is synced.';
COMMENT ON COLUMN report.data_freshness.is_late IS 'True when it never succeeded, or not for three intervals.';
COMMENT ON COLUMN report.data_freshness.scopes IS 'Sub-accounts × algorithms (1 for a stream of the account as a whole) that have been synced or tried.';
COMMENT ON COLUMN report.data_freshness.failing_scopes IS 'Those among them whose last sync failed.';
COMMENT ON COLUMN report.data_freshness.last_error IS 'The latest failure among those, in one sentence; null when none fails.';
COMMENT ON COLUMN report.data_freshness.open_quarantine IS 'Rows that could not be understood and that nobody accepted (kpool quarantine list).';
COMMENT ON COLUMN report.data_freshness.unknown_values IS 'Statuses, types and algorithms seen that the pool''s specification does not have; null when none.';
COMMENT ON COLUMN report.data_freshness.account_id IS 'The account''s number in the schema pool.';

CREATE VIEW report.completeness AS
WITH tiers AS (
  SELECT n.now, r.every AS recent_every, f.every AS full_every
    FROM (SELECT sync.now() AS now) n, sync.schedule r, sync.schedule f
   WHERE r.name = 'recent' AND f.name = 'full'
), judged AS (
  SELECT w.stream, w.account_id, w.puid, w.algo, w.from_at,
         -- What is mined after the newest window was read, that reading cannot vouch for.
         CASE WHEN w.to_at < 'infinity' THEN w.to_at ELSE greatest(w.from_at, w.verified_at) END AS to_at,
         w.row_count, w.pending_count, w.quarantined_count, w.verified_at,
         CASE WHEN w.verified_at IS NULL THEN 'missing'
              WHEN s.removed_at IS NULL AND t.now - w.verified_at > 3 *
                   CASE WHEN w.to_at = 'infinity' AND c.last_life_at > t.now - interval '45 days' THEN d.every
                        WHEN w.to_at > t.now - interval '35 days' OR w.pending_count > 0 OR w.quarantined_count > 0
                          THEN greatest(t.recent_every, d.every)
                        ELSE greatest(t.full_every, d.every) END THEN 'stale'
              WHEN w.quarantined_count > 0 THEN 'certified except'
              ELSE 'certified' END AS state
    FROM sync.windows w
    JOIN sync.cursors c USING (stream, account_id, puid, algo)
    JOIN sync.schedule d ON d.name = w.stream
    JOIN pool.sub_accounts s ON s.account_id = w.account_id AND s.puid = w.puid
   CROSS JOIN tiers t
), spans AS (
  SELECT * FROM judged
   UNION ALL
  -- Between two windows: none should be there, and it must not look certified.
  SELECT stream, account_id, puid, algo, gap_from, from_at, 0, 0, 0, NULL, 'missing'
    FROM (SELECT stream, account_id, puid, algo, from_at,
                 lag(to_at) OVER (PARTITION BY stream, account_id, puid, algo ORDER BY from_at) AS gap_from
            FROM sync.windows) AS w
   WHERE gap_from < from_at
   UNION ALL
  -- Older than what has been read so far.
  SELECT c.stream, c.account_id, c.puid, c.algo, NULL, (SELECT min(from_at) FROM sync.windows w
           WHERE w.stream = c.stream AND w.account_id = c.account_id AND w.puid = c.puid AND w.algo = c.algo),
         0, 0, 0, NULL, 'missing'
    FROM sync.cursors c
   WHERE c.stream IN ('earnings', 'rewards') AND NOT c.history_complete
     -- A gap among the windows also keeps the history from being complete; it has a row of its own.
     AND NOT EXISTS (SELECT FROM sync.windows w WHERE w.stream = c.stream AND w.account_id = c.account_id
                        AND w.puid = c.puid AND w.algo = c.algo AND w.verified_at IS NULL)
   UNION ALL
  -- Not looked at yet.
  SELECT st.stream, s.account_id, s.puid, s.default_algo, NULL, NULL, 0, 0, 0, NULL, 'missing'
    FROM pool.sub_accounts s
   CROSS JOIN (VALUES ('earnings'), ('rewards')) AS st (stream)
   WHERE s.removed_at IS NULL AND s.default_algo <> ''
     AND NOT EXISTS (SELECT FROM sync.cursors c WHERE c.stream = st.stream AND c.account_id = s.account_id
                        AND c.puid = s.puid AND c.algo = s.default_algo)
), numbered AS (
  -- Neighbours in the same state become one span: a new one starts where the state changes or a gap lies between.
  SELECT *, count(*) FILTER (WHERE starts) OVER (PARTITION BY stream, account_id, puid, algo ORDER BY from_at NULLS FIRST) AS span
    FROM (SELECT *, (state, from_at) IS DISTINCT FROM (lag(state) OVER scope, lag(to_at) OVER scope) AS starts
            FROM spans
          WINDOW scope AS (PARTITION BY stream, account_id, puid, algo ORDER BY from_at NULLS FIRST)) AS marked
)
SELECT a.account_name, coalesce(nullif(s.pname, ''), s.puid::text) AS sub_account, n.puid, n.algo, n.stream,
       CASE WHEN bool_and(n.from_at IS NOT NULL) THEN min(n.from_at) END AS from_at,
       max(n.to_at) AS to_at,
       n.state || CASE WHEN n.state = 'certified except' THEN ' ' || sum(n.quarantined_count) ELSE '' END AS state,
       sum(n.row_count)::bigint AS rows,
       sum(n.pending_count)::bigint AS unsettled_rows,
       sum(n.quarantined_count)::bigint AS excepted_rows,
       min(n.verified_at) AS verified_at,
       count(n.verified_at) AS certificates,
       a.account_id
  FROM numbered n
  JOIN pool.sub_accounts s ON s.account_id = n.account_id AND s.puid = n.puid
  JOIN pool.accounts a ON a.account_id = n.account_id
 GROUP BY a.account_name, s.pname, s.puid, n.puid, n.algo, n.stream, n.span, n.state, a.account_id;
COMMENT ON VIEW report.completeness IS 'What is proven complete: per sub-account, algorithm and list of income, the spans of mining time that were read whole (the rows served are the rows that the pool counts), and those that were not.';
COMMENT ON COLUMN report.completeness.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.completeness.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.completeness.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.completeness.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.completeness.stream IS 'The list of income: earnings or rewards.';
COMMENT ON COLUMN report.completeness.from_at IS 'Start of the span of mining time, included; null: from the beginning.';
COMMENT ON COLUMN report.completeness.to_at IS 'End of the span, not included; null: open.';
COMMENT ON COLUMN report.completeness.state IS 'certified: the ledger holds exactly what the pool serves; certified except k: but for k rows in quarantine; stale: certified, but not again for three times as long as it should take; missing: not read whole yet.';
COMMENT ON COLUMN report.completeness.rows IS 'Rows in the span when it was last read.';
COMMENT ON COLUMN report.completeness.unsettled_rows IS 'Those among them that were not settled.';
COMMENT ON COLUMN report.completeness.excepted_rows IS 'Rows served in the span that could not be understood.';
COMMENT ON COLUMN report.completeness.verified_at IS 'When the span was last read whole: its oldest proof; null: never.';
COMMENT ON COLUMN report.completeness.certificates IS 'Windows of the span, each proven by one complete read.';
COMMENT ON COLUMN report.completeness.account_id IS 'The account''s number in the schema pool.';
