-- Rows that fell off the old end of the pool's list, and rows in doubt: a row that cannot be read may be any of those
-- that its day lacks.

ALTER TABLE pool.earnings ADD COLUMN unserved_at timestamptz;
ALTER TABLE pool.earning_revisions ADD COLUMN unserved_at timestamptz;
ALTER TABLE pool.earning_revisions DROP CONSTRAINT earning_revisions_change_check,
  ADD CONSTRAINT earning_revisions_change_check CHECK (change IN ('appeared', 'settled', 'amended', 'withdrawn', 'restored', 'unserved', 'served_again'));
DROP TRIGGER d_record_inserts ON pool.earnings;
CREATE TRIGGER d_record_inserts AFTER INSERT ON pool.earnings
  REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION sync.record_ledger_inserts(
    'pool.earning_revisions', 'account_id, puid, algo, currency, mined_at, ordinal',
    'amount, hash_rate_hps, hash_unit, reject_rate, status, settled_at, withdrawn_at, unserved_at, extra');
DROP TRIGGER d_record_updates ON pool.earnings;
CREATE TRIGGER d_record_updates AFTER UPDATE ON pool.earnings
  REFERENCING OLD TABLE AS before NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION sync.record_ledger_updates(
    'pool.earning_revisions', 'account_id, puid, algo, currency, mined_at, ordinal',
    'amount, hash_rate_hps, hash_unit, reject_rate, status, settled_at, withdrawn_at, unserved_at, extra');
COMMENT ON COLUMN pool.earnings.unserved_at IS 'When two reads agreed that the pool''s list begins later than this row, which is kept and goes on counting; null while it is served.';
COMMENT ON COLUMN pool.earning_revisions.unserved_at IS 'When two reads agreed that the pool''s list begins later than this row, which is kept and goes on counting; null while it is served.';

ALTER TABLE pool.rewards ADD COLUMN unserved_at timestamptz;
ALTER TABLE pool.reward_revisions ADD COLUMN unserved_at timestamptz;
ALTER TABLE pool.reward_revisions DROP CONSTRAINT reward_revisions_change_check,
  ADD CONSTRAINT reward_revisions_change_check CHECK (change IN ('appeared', 'settled', 'amended', 'withdrawn', 'restored', 'unserved', 'served_again'));
DROP TRIGGER d_record_inserts ON pool.rewards;
CREATE TRIGGER d_record_inserts AFTER INSERT ON pool.rewards
  REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION sync.record_ledger_inserts(
    'pool.reward_revisions', 'account_id, puid, algo, currency, mined_at, type, ordinal',
    'amount, hash_rate_hps, hash_unit, status, settled_at, withdrawn_at, unserved_at, extra');
DROP TRIGGER d_record_updates ON pool.rewards;
CREATE TRIGGER d_record_updates AFTER UPDATE ON pool.rewards
  REFERENCING OLD TABLE AS before NEW TABLE AS after
  FOR EACH STATEMENT EXECUTE FUNCTION sync.record_ledger_updates(
    'pool.reward_revisions', 'account_id, puid, algo, currency, mined_at, type, ordinal',
    'amount, hash_rate_hps, hash_unit, status, settled_at, withdrawn_at, unserved_at, extra');
COMMENT ON COLUMN pool.rewards.unserved_at IS 'When two reads agreed that the pool''s list begins later than this row, which is kept and goes on counting; null while it is served.';
COMMENT ON COLUMN pool.reward_revisions.unserved_at IS 'When two reads agreed that the pool''s list begins later than this row, which is kept and goes on counting; null while it is served.';

CREATE OR REPLACE FUNCTION sync.stamp_ledger_insert() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
BEGIN
  IF NEW.withdrawn_at IS NOT NULL OR NEW.unserved_at IS NOT NULL THEN
    RAISE EXCEPTION 'A ledger row appears before it is withdrawn or unserved.' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  NEW.changed_at := sync.ledger_stamp();
  NEW.first_seen_at := NEW.changed_at;
  RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION sync.stamp_ledger_update() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
BEGIN
  NEW.first_seen_at := OLD.first_seen_at;
  NEW.changed_at := OLD.changed_at;
  -- Generated columns are not computed yet; the key, which this one follows, never changes.
  NEW.mining_date := OLD.mining_date;
  IF OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS NOT NULL THEN
    NEW.withdrawn_at := OLD.withdrawn_at;
  END IF;
  IF OLD.unserved_at IS NOT NULL AND NEW.unserved_at IS NOT NULL THEN
    NEW.unserved_at := OLD.unserved_at;
  END IF;
  IF NEW IS NOT DISTINCT FROM OLD THEN
    RETURN NULL;
  END IF;
  NEW.changed_at := greatest(sync.ledger_stamp(), OLD.changed_at + interval '1 microsecond');
  IF NEW.withdrawn_at IS NOT NULL AND OLD.withdrawn_at IS NULL THEN
    NEW.withdrawn_at := NEW.changed_at;
  END IF;
  IF NEW.unserved_at IS NOT NULL AND OLD.unserved_at IS NULL THEN
    NEW.unserved_at := NEW.changed_at;
  END IF;
  RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION sync.record_ledger_updates() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
BEGIN
  EXECUTE format(
    'UPDATE %1$s AS r SET valid_to = n.changed_at FROM after AS n WHERE (%2$s) = (%3$s) AND r.valid_to IS NULL',
    TG_ARGV[0],
    'r.' || replace(TG_ARGV[1], ', ', ', r.'),
    'n.' || replace(TG_ARGV[1], ', ', ', n.'));
  EXECUTE format(
    'INSERT INTO %1$s (%2$s, %3$s, change, valid_from)
     SELECT %4$s, %5$s,
            CASE WHEN o.withdrawn_at IS NULL AND n.withdrawn_at IS NOT NULL THEN ''withdrawn''
                 WHEN o.withdrawn_at IS NOT NULL AND n.withdrawn_at IS NULL THEN ''restored''
                 WHEN o.unserved_at IS NULL AND n.unserved_at IS NOT NULL THEN ''unserved''
                 WHEN o.unserved_at IS NOT NULL AND n.unserved_at IS NULL THEN ''served_again''
                 WHEN o.status <> ''SETTLED'' AND n.status = ''SETTLED'' THEN ''settled''
                 ELSE ''amended'' END,
            n.changed_at
       FROM after AS n JOIN before AS o USING (%2$s)',
    TG_ARGV[0], TG_ARGV[1], TG_ARGV[2],
    'n.' || replace(TG_ARGV[1], ', ', ', n.'),
    'n.' || replace(TG_ARGV[2], ', ', ', n.'));
  RETURN NULL;
END
$$;

ALTER TABLE sync.windows ADD COLUMN in_doubt_count integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN sync.windows.in_doubt_count IS 'Live rows of it that the last complete read did not serve, kept since a row that could not be understood may be any of them.';

CREATE OR REPLACE VIEW report.income_ledger AS
SELECT a.account_name,
       coalesce(nullif(s.pname, ''), s.puid::text) AS sub_account,
       e.puid, e.algo, e.currency,
       'earnings'::text AS source,
       NULL::text AS type,
       e.mining_date, e.mined_at, e.ordinal,
       e.amount,
       trim_scale(e.amount)::text AS amount_text,
       e.status, e.settled_at, e.hash_rate_hps, e.reject_rate, e.first_seen_at, e.changed_at,
       e.account_id, e.unserved_at
  FROM pool.earnings e
  JOIN pool.sub_accounts s ON s.account_id = e.account_id AND s.puid = e.puid
  JOIN pool.accounts a ON a.account_id = s.account_id
 WHERE e.withdrawn_at IS NULL
 UNION ALL
SELECT a.account_name,
       coalesce(nullif(s.pname, ''), s.puid::text),
       r.puid, r.algo, r.currency,
       'rewards',
       r.type,
       r.mining_date, r.mined_at, r.ordinal,
       r.amount,
       trim_scale(r.amount)::text,
       r.status, r.settled_at, r.hash_rate_hps, NULL, r.first_seen_at, r.changed_at,
       r.account_id, r.unserved_at
  FROM pool.rewards r
  JOIN pool.sub_accounts s ON s.account_id = r.account_id AND s.puid = r.puid
  JOIN pool.accounts a ON a.account_id = s.account_id
 WHERE r.withdrawn_at IS NULL AND r.type NOT IN ('MINING_EARN', 'UNITE_COIN_EARN')
 UNION ALL
-- Apart from the others, so that it is an anti-join.
SELECT a.account_name,
       coalesce(nullif(s.pname, ''), s.puid::text),
       r.puid, r.algo, r.currency,
       'rewards',
       r.type,
       r.mining_date, r.mined_at, r.ordinal,
       r.amount,
       trim_scale(r.amount)::text,
       r.status, r.settled_at, r.hash_rate_hps, NULL, r.first_seen_at, r.changed_at,
       r.account_id, r.unserved_at
  FROM pool.rewards r
  JOIN pool.sub_accounts s ON s.account_id = r.account_id AND s.puid = r.puid
  JOIN pool.accounts a ON a.account_id = s.account_id
 WHERE r.withdrawn_at IS NULL AND r.type IN ('MINING_EARN', 'UNITE_COIN_EARN')
   AND NOT EXISTS (SELECT FROM pool.earnings e
                    WHERE e.account_id = r.account_id AND e.puid = r.puid AND e.algo = r.algo
                      AND e.currency = r.currency AND e.mining_date = r.mining_date AND e.withdrawn_at IS NULL);
COMMENT ON COLUMN report.income_ledger.unserved_at IS 'When the pool''s list was seen to begin later than this item, which goes on counting; null while the pool serves it.';

CREATE OR REPLACE VIEW report.completeness AS
WITH schedule AS MATERIALIZED (
  SELECT name, every FROM sync.schedule
), tiers AS MATERIALIZED (
  SELECT n.now, r.every AS recent_every, f.every AS full_every
    FROM (SELECT sync.now() AS now) n, schedule r, schedule f
   WHERE r.name = 'recent' AND f.name = 'full'
), windows AS MATERIALIZED (
  SELECT w.*, lag(to_at) OVER (PARTITION BY stream, account_id, puid, algo ORDER BY from_at) AS gap_from
    FROM sync.windows w
), judged AS (
  SELECT w.stream, w.account_id, w.puid, w.algo, w.from_at,
         -- What is mined after the newest window was read, that reading cannot vouch for.
         CASE WHEN w.to_at < 'infinity' THEN w.to_at ELSE greatest(w.from_at, w.verified_at) END AS to_at,
         w.row_count, w.pending_count, w.quarantined_count, w.in_doubt_count, w.verified_at,
         CASE WHEN w.verified_at IS NULL THEN 'missing'
              WHEN s.removed_at IS NULL AND t.now - w.verified_at > 3 *
                   CASE WHEN w.to_at = 'infinity' AND c.last_life_at > t.now - interval '45 days' THEN d.every
                        WHEN w.to_at > t.now - interval '35 days' OR w.pending_count > 0 OR w.quarantined_count > 0 OR w.in_doubt_count > 0
                          THEN greatest(t.recent_every, d.every)
                        ELSE greatest(t.full_every, d.every) END THEN 'stale'
              WHEN w.quarantined_count > 0 THEN 'certified except'
              ELSE 'certified' END AS state
    FROM windows w
    JOIN sync.cursors c USING (stream, account_id, puid, algo)
    JOIN schedule d ON d.name = w.stream
    JOIN pool.sub_accounts s ON s.account_id = w.account_id AND s.puid = w.puid
   CROSS JOIN tiers t
), spans AS (
  SELECT * FROM judged
   UNION ALL
  -- Between two windows: none should be there, and it must not look certified.
  SELECT stream, account_id, puid, algo, gap_from, from_at, 0, 0, 0, 0, NULL, 'missing'
    FROM windows
   WHERE gap_from < from_at
   UNION ALL
  -- Older than what has been read so far.
  SELECT c.stream, c.account_id, c.puid, c.algo, NULL, (SELECT min(from_at) FROM sync.windows w
           WHERE w.stream = c.stream AND w.account_id = c.account_id AND w.puid = c.puid AND w.algo = c.algo),
         0, 0, 0, 0, NULL, 'missing'
    FROM sync.cursors c
   WHERE c.stream IN ('earnings', 'rewards') AND NOT c.history_complete
     -- A gap among the windows also keeps the history from being complete; it has a row of its own.
     AND NOT EXISTS (SELECT FROM sync.windows w WHERE w.stream = c.stream AND w.account_id = c.account_id
                        AND w.puid = c.puid AND w.algo = c.algo AND w.verified_at IS NULL)
   UNION ALL
  -- Not looked at yet.
  SELECT st.stream, s.account_id, s.puid, s.default_algo, NULL, NULL, 0, 0, 0, 0, NULL, 'missing'
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
       a.account_id,
       sum(n.in_doubt_count)::bigint AS rows_in_doubt
  FROM numbered n
  JOIN pool.sub_accounts s ON s.account_id = n.account_id AND s.puid = n.puid
  JOIN pool.accounts a ON a.account_id = n.account_id
 GROUP BY a.account_name, s.pname, s.puid, n.puid, n.algo, n.stream, n.span, n.state, a.account_id;
COMMENT ON COLUMN report.completeness.rows_in_doubt IS 'Rows of the span that the pool did not show when it was last read, kept since a row that could not be understood may be any of them.';

CREATE INDEX earnings_unserved_idx ON pool.earnings (account_id) WHERE unserved_at IS NOT NULL AND withdrawn_at IS NULL;
CREATE INDEX rewards_unserved_idx ON pool.rewards (account_id) WHERE unserved_at IS NOT NULL AND withdrawn_at IS NULL;

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
), doubt AS (
  SELECT account_id, stream, sum(in_doubt_count)::bigint AS rows FROM sync.windows WHERE in_doubt_count > 0 GROUP BY account_id, stream
), unserved AS (
  SELECT account_id, 'earnings' AS stream, count(*) AS rows FROM pool.earnings WHERE unserved_at IS NOT NULL AND withdrawn_at IS NULL GROUP BY account_id
   UNION ALL
  SELECT account_id, 'rewards', count(*) FROM pool.rewards WHERE unserved_at IS NOT NULL AND withdrawn_at IS NULL GROUP BY account_id
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
       l.is_late,
       coalesce(s.scopes, 0) AS scopes,
       coalesce(s.failing_scopes, 0) AS failing_scopes,
       f.error_message AS last_error,
       coalesce(q.rows, 0) AS open_quarantine,
       u.values AS unknown_values,
       a.account_id,
       o.text AS forgotten,
       p.last_progress_at,
       CASE WHEN s.failing_scopes > 0 THEN 'failing'
            WHEN l.is_late THEN 'late'
            WHEN s.last_success_at IS NOT NULL THEN 'fresh'
            WHEN s.scopes > 0 THEN 'first sync'
            ELSE 'waiting' END AS state,
       coalesce(i.rows, 0) AS rows_in_doubt,
       coalesce(v.rows, 0) AS unserved_rows
  FROM pool.accounts a
 CROSS JOIN sync.schedule d
 CROSS JOIN (SELECT sync.now() AS now) n
  LEFT JOIN scopes s ON s.account_id = a.account_id AND s.stream = d.name
  LEFT JOIN failures f ON f.account_id = a.account_id AND f.stream = d.name
  LEFT JOIN quarantine q ON q.account_id = a.account_id AND q.stream = d.name
  LEFT JOIN doubt i ON i.account_id = a.account_id AND i.stream = d.name
  LEFT JOIN unserved v ON v.account_id = a.account_id AND v.stream = d.name
  LEFT JOIN forgotten o ON o.account_id = a.account_id AND o.stream = d.name
  LEFT JOIN unknown u ON u.account_id = a.account_id AND u.stream = d.name
 CROSS JOIN LATERAL (
   SELECT CASE
     WHEN s.last_success_at IS NOT NULL THEN s.last_success_at
     WHEN d.name IN ('algorithms', 'sub-accounts', 'account-income', 'sub-account-income')
       THEN greatest(a.first_seen_at, a.key_since)
     -- A stream of sub-accounts has nothing to do as long as the pool lists none.
     ELSE (SELECT greatest(a.key_since, min(b.first_seen_at),
                           (SELECT max(w.verified_at) FROM sync.windows w
                             WHERE w.account_id = a.account_id AND w.stream = d.name))
             FROM pool.sub_accounts b
            WHERE b.account_id = a.account_id AND b.removed_at IS NULL AND b.default_algo <> ''
           HAVING count(*) > 0) END AS last_progress_at) AS p
 CROSS JOIN LATERAL (SELECT coalesce(n.now - p.last_progress_at > 3 * d.every, false) AS is_late) AS l
 WHERE d.position IS NOT NULL
 ORDER BY a.account_name, d.position;
COMMENT ON COLUMN report.data_freshness.rows_in_doubt IS 'Rows of income that the pool did not show when they were last read, kept since a row that could not be understood may be any of them.';
COMMENT ON COLUMN report.data_freshness.unserved_rows IS 'Rows of income that the pool''s list no longer reaches back to; they are kept and go on counting.';
