CREATE OR REPLACE VIEW report.completeness AS
WITH schedule AS MATERIALIZED (
  SELECT name, every FROM sync.schedule
), tiers AS MATERIALIZED (
  SELECT n.now, r.every AS recent_every, f.every AS full_every, a.recent_for, a.dormant_after
    FROM (SELECT sync.now() AS now) n, schedule r, schedule f, sync.tier_ages a
   WHERE r.name = 'recent' AND f.name = 'full'
), dormant AS MATERIALIZED (
  -- Visited once a day: paceOf in src/domain/planning/scope-schedule.ts.
  SELECT c.puid, c.algo
    FROM sync.cursors c
    JOIN pool.sub_accounts s ON s.puid = c.puid
   CROSS JOIN tiers t
   WHERE s.default_algo IS DISTINCT FROM c.algo
   GROUP BY c.puid, c.algo, t.now, t.dormant_after
  HAVING coalesce(max(c.last_life_at) <= t.now - t.dormant_after, true)
), windows AS MATERIALIZED (
  SELECT w.*, lag(to_at) OVER (PARTITION BY stream, puid, algo ORDER BY from_at) AS gap_from
    FROM sync.windows w
), judged AS (
  SELECT w.stream, w.puid, w.algo, w.from_at,
         -- The newest window is open-ended, but a read certifies nothing mined after it.
         CASE WHEN w.to_at < 'infinity' THEN w.to_at ELSE greatest(w.from_at, w.verified_at) END AS to_at,
         w.row_count, w.pending_count, w.quarantined_count, w.in_doubt_count, w.verified_at,
         CASE WHEN w.verified_at IS NULL THEN 'missing'
              -- Also if quarantined rows were accepted: it is still unknown which rows disappeared.
              WHEN w.in_doubt_count > 0 THEN 'in doubt'
              WHEN s.removed_at IS NULL AND t.now - w.verified_at > 3 * greatest(
                   d.every,
                   CASE WHEN z.puid IS NOT NULL THEN interval '1 day' END,
                   CASE WHEN w.to_at = 'infinity' THEN NULL
                        WHEN w.to_at > t.now - t.recent_for OR w.pending_count > 0 OR w.quarantined_count > 0
                          THEN t.recent_every
                        ELSE t.full_every END) THEN 'stale'
              WHEN w.quarantined_count > 0 THEN 'certified except'
              ELSE 'certified' END AS state
    FROM windows w
    JOIN sync.cursors c USING (stream, puid, algo)
    JOIN schedule d ON d.name = w.stream
    JOIN pool.sub_accounts s ON s.puid = w.puid
    LEFT JOIN dormant z ON (z.puid, z.algo) = (w.puid, w.algo)
   CROSS JOIN tiers t
), spans AS (
  SELECT * FROM judged
   UNION ALL
  -- A gap between two windows. There should be none, but if there is one, it must not look certified.
  SELECT stream, puid, algo, gap_from, from_at, 0, 0, 0, 0, NULL, 'missing'
    FROM windows
   WHERE gap_from < from_at
   UNION ALL
  -- The history before the oldest window, until it has been read.
  SELECT c.stream, c.puid, c.algo, NULL, (SELECT min(from_at) FROM sync.windows w
           WHERE w.stream = c.stream AND w.puid = c.puid AND w.algo = c.algo),
         0, 0, 0, 0, NULL, 'missing'
    FROM sync.cursors c
   WHERE c.stream IN ('earnings', 'rewards') AND NOT c.history_complete
     -- Unless the history is incomplete only because of an unverified window, which has a span of its own.
     AND NOT EXISTS (SELECT FROM sync.windows w WHERE w.stream = c.stream
                        AND w.puid = c.puid AND w.algo = c.algo AND w.verified_at IS NULL)
   UNION ALL
  -- Scopes that have not been read at all.
  SELECT st.stream, s.puid, s.default_algo, NULL, NULL, 0, 0, 0, 0, NULL, 'missing'
    FROM pool.sub_accounts s
   CROSS JOIN (VALUES ('earnings'), ('rewards')) AS st (stream)
   WHERE s.removed_at IS NULL AND s.default_algo <> ''
     AND NOT EXISTS (SELECT FROM sync.cursors c WHERE c.stream = st.stream
                        AND c.puid = s.puid AND c.algo = s.default_algo)
), numbered AS (
  -- Adjacent windows in the same state are merged: a new span starts where the state changes or a gap begins.
  SELECT *, count(*) FILTER (WHERE starts) OVER (PARTITION BY stream, puid, algo ORDER BY from_at NULLS FIRST) AS span
    FROM (SELECT *, (state, from_at) IS DISTINCT FROM (lag(state) OVER scope, lag(to_at) OVER scope) AS starts
            FROM spans
          WINDOW scope AS (PARTITION BY stream, puid, algo ORDER BY from_at NULLS FIRST)) AS marked
)
SELECT a.account_name, a.sub_account, n.puid, n.algo, n.stream,
       CASE WHEN bool_and(n.from_at IS NOT NULL) THEN min(n.from_at) END AS from_at,
       max(n.to_at) AS to_at,
       n.state || CASE n.state WHEN 'certified except' THEN ' ' || sum(n.quarantined_count)
                               WHEN 'in doubt' THEN ' ' || sum(n.in_doubt_count) ELSE '' END AS state,
       sum(n.row_count)::bigint AS rows,
       sum(n.pending_count)::bigint AS unsettled_rows,
       sum(n.quarantined_count)::bigint AS excepted_rows,
       min(n.verified_at) AS verified_at,
       count(n.verified_at) AS certificates,
       a.account_id,
       sum(n.in_doubt_count)::bigint AS rows_in_doubt
  FROM numbered n
  JOIN report.sub_accounts a ON a.puid = n.puid
 GROUP BY a.account_name, a.sub_account, n.puid, n.algo, n.stream, n.span, n.state, a.account_id;

COMMENT ON VIEW report.completeness IS 'Completeness per sub-account, algorithm and income list: the spans of mining time that were read completely (as many rows as the pool counts), and those that were not.';
COMMENT ON COLUMN report.completeness.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.completeness.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN report.completeness.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.completeness.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.completeness.stream IS 'The income list: earnings or rewards.';
COMMENT ON COLUMN report.completeness.from_at IS 'Start of the span of mining time, inclusive; null: from the beginning.';
COMMENT ON COLUMN report.completeness.to_at IS 'End of the span, exclusive; null: open.';
COMMENT ON COLUMN report.completeness.state IS 'certified: the ledger contains exactly what the pool serves; certified except k: except for k rows in quarantine; in doubt k: not certified, because the pool no longer shows k rows, and a row that could not be parsed (accepted or not) may be one of them; stale: certified, but not re-certified for three times the usual interval; missing: not read completely yet.';
COMMENT ON COLUMN report.completeness.rows IS 'Rows in the span when it was last read.';
COMMENT ON COLUMN report.completeness.unsettled_rows IS 'Rows that were not settled.';
COMMENT ON COLUMN report.completeness.excepted_rows IS 'Rows served in the span that could not be parsed.';
COMMENT ON COLUMN report.completeness.verified_at IS 'When the span was last read completely: its oldest certificate; null: never.';
COMMENT ON COLUMN report.completeness.certificates IS 'Windows of the span, each certified by one complete read.';
COMMENT ON COLUMN report.completeness.account_id IS 'The account''s number in the schema pool.';
COMMENT ON COLUMN report.completeness.rows_in_doubt IS 'Rows of the span that the pool did not show when it was last read, kept because a row that could not be parsed may be one of them.';
