CREATE OR REPLACE VIEW sync.uncertified AS
WITH spans AS (
  SELECT w.stream, w.puid, w.algo, w.from_at, w.to_at, w.quarantined_count AS excepted, w.in_doubt_count AS in_doubt
    FROM sync.windows w WHERE w.verified_at IS NULL OR w.quarantined_count > 0 OR w.in_doubt_count > 0
   UNION ALL
  -- Gaps between two windows, and the time before the oldest one, of histories that are not complete.
  SELECT stream, puid, algo, gap_from, from_at, 0, 0
    FROM (SELECT w.stream, w.puid, w.algo, w.from_at, g.is_first,
                 CASE WHEN g.is_first THEN '-infinity' ELSE g.last_to END AS gap_from
            FROM sync.cursors c
            JOIN sync.windows w USING (stream, puid, algo)
           CROSS JOIN LATERAL (
             SELECT max(e.to_at) AS last_to, count(*) = 0 AS is_first FROM sync.windows e
              WHERE e.stream = w.stream AND e.puid = w.puid AND e.algo = w.algo
                AND e.from_at < w.from_at) AS g
           WHERE c.stream IN ('earnings', 'rewards') AND NOT c.history_complete) AS w
   WHERE gap_from < from_at
     -- If a window is unverified, the history is incomplete because of that window, not because of its start.
     AND (NOT is_first OR NOT EXISTS (SELECT FROM sync.windows u WHERE u.stream = w.stream
                                         AND u.puid = w.puid AND u.algo = w.algo AND u.verified_at IS NULL))
   UNION ALL
  SELECT l.stream, s.puid, s.default_algo, '-infinity', 'infinity', 0, 0
    FROM pool.sub_accounts s CROSS JOIN (VALUES ('earnings'), ('rewards')) AS l (stream)
   WHERE s.removed_at IS NULL AND s.default_algo <> ''
     AND NOT EXISTS (SELECT FROM sync.windows w WHERE w.stream = l.stream
                        AND w.puid = s.puid AND w.algo = s.default_algo)
)
SELECT stream, puid, algo, from_at, to_at,
       stream || ' ' || algo || ' ' || days
         || CASE WHEN in_doubt > 0 THEN ', ' || in_doubt || CASE in_doubt WHEN 1 THEN ' row' ELSE ' rows' END || ' in doubt'
                 WHEN excepted > 0 THEN ' but for ' || excepted || CASE excepted WHEN 1 THEN ' row' ELSE ' rows' END ELSE '' END AS span,
       days, in_doubt AS rows_in_doubt
  FROM spans
 CROSS JOIN LATERAL (
   SELECT CASE WHEN from_at > '-infinity' THEN sync.day_of(from_at, 'UTC') END AS first,
          CASE WHEN to_at < 'infinity' THEN sync.day_of(to_at - interval '1 microsecond', 'UTC') END AS last) AS d
 CROSS JOIN LATERAL (
   SELECT CASE WHEN first IS NULL AND last IS NULL THEN 'altogether'
               WHEN first = last THEN 'on ' || first
               ELSE concat_ws(' ', 'from ' || first, 'to ' || last) END AS days) AS w;

COMMENT ON VIEW sync.uncertified IS 'Spans of mining time for which the ledger is not certified to contain everything the pool serves.';
COMMENT ON COLUMN sync.uncertified.stream IS 'The income list: earnings or rewards.';
COMMENT ON COLUMN sync.uncertified.puid IS 'Sub-account id.';
COMMENT ON COLUMN sync.uncertified.algo IS 'Algorithm.';
COMMENT ON COLUMN sync.uncertified.from_at IS 'Start of the span; -infinity: from the beginning.';
COMMENT ON COLUMN sync.uncertified.to_at IS 'End of the span, exclusive; infinity: open.';
COMMENT ON COLUMN sync.uncertified.span IS 'The span in words, with inclusive UTC days.';
COMMENT ON COLUMN sync.uncertified.days IS 'The days of the span in words, e.g. on 2026-10-03; inclusive, UTC.';
COMMENT ON COLUMN sync.uncertified.rows_in_doubt IS 'Rows of the span that the pool no longer shows while another row could not be parsed, which may be one of them.';
