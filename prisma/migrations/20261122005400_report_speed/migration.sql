-- What the reports cost to open.

-- The views look expensive to the planner, and PostgreSQL then compiles their plans: seconds before the first row of an
-- answer that takes a tenth of one. Connections opened from now on do not.
DO $$
BEGIN
  EXECUTE format('ALTER DATABASE %I SET jit = off', current_database());
EXCEPTION
  -- Only its owner may; the reports are slower then, and right.
  WHEN insufficient_privilege THEN NULL;
END
$$;

-- The days of a month lie scattered over the table, one scope after the other: the index holds what is added up.
DROP INDEX sync.income_days_day_idx;
CREATE INDEX income_days_day_idx ON sync.income_days (day)
  INCLUDE (account_id, puid, currency, paid_date, earnings_settled, earnings_pending, earnings_other,
           rewards_settled, rewards_pending, rewards_other, items);
DROP INDEX sync.income_days_paid_date_idx;
CREATE INDEX income_days_paid_date_idx ON sync.income_days (paid_date)
  INCLUDE (account_id, puid, currency, earnings_settled, rewards_settled, items) WHERE paid_date < 'infinity';

-- As before, with one look at the windows instead of two.
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
         w.row_count, w.pending_count, w.quarantined_count, w.verified_at,
         CASE WHEN w.verified_at IS NULL THEN 'missing'
              WHEN s.removed_at IS NULL AND t.now - w.verified_at > 3 *
                   CASE WHEN w.to_at = 'infinity' AND c.last_life_at > t.now - interval '45 days' THEN d.every
                        WHEN w.to_at > t.now - interval '35 days' OR w.pending_count > 0 OR w.quarantined_count > 0
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
  SELECT stream, account_id, puid, algo, gap_from, from_at, 0, 0, 0, NULL, 'missing'
    FROM windows
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
