CREATE OR REPLACE VIEW sync.income_lists AS
SELECT c.stream, c.puid, c.algo, c.history_complete, c.complete_from, c.empty_since, w.verified_windows, w.rows,
       -- What has been read counts where the pool counted less: the list may have grown since.
       CASE WHEN c.history_complete THEN w.rows
            WHEN c.pool_row_count IS NOT NULL THEN greatest(c.pool_row_count, w.rows) END AS pool_rows
  FROM sync.cursors c
 CROSS JOIN LATERAL (
   SELECT count(*) FILTER (WHERE e.verified_at IS NOT NULL) AS verified_windows, coalesce(sum(e.row_count), 0)::bigint AS rows
     FROM sync.windows e
    WHERE e.stream = c.stream AND e.puid = c.puid AND e.algo = c.algo) AS w
 WHERE c.stream IN ('earnings', 'rewards');

COMMENT ON VIEW sync.income_lists IS 'How far each income list has been read.';
COMMENT ON COLUMN sync.income_lists.stream IS 'The list: earnings or rewards.';
COMMENT ON COLUMN sync.income_lists.puid IS 'Sub-account id.';
COMMENT ON COLUMN sync.income_lists.algo IS 'Algorithm.';
COMMENT ON COLUMN sync.income_lists.history_complete IS 'Whether everything down to the oldest row has been read.';
COMMENT ON COLUMN sync.income_lists.complete_from IS 'Start of the certified span of mining time, inclusive.';
COMMENT ON COLUMN sync.income_lists.empty_since IS 'Since when the pool has shown no row of a list that had some; null while it shows rows.';
COMMENT ON COLUMN sync.income_lists.verified_windows IS 'Windows that have been read completely.';
COMMENT ON COLUMN sync.income_lists.rows IS 'Rows read so far.';
COMMENT ON COLUMN sync.income_lists.pool_rows IS 'Rows of the whole list, by the pool''s count; null until it has counted them.';
