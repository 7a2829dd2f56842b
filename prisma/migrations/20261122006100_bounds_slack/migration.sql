-- Bounds that do not mean what they say: times of another zone, or another date than miningDate.
ALTER TABLE sync.cursors
  ADD COLUMN bounds_slack_ms bigint CHECK (bounds_slack_ms > 0);
COMMENT ON COLUMN sync.cursors.bounds_slack_ms IS 'By how much more than a window is asked for on either side, in milliseconds, once windows were seen to lack rows at their edges (times taken for those of another zone); null: nothing.';
COMMENT ON COLUMN sync.cursors.bounds_ignored IS 'Whether the server was seen to ignore startTime and endTime, or to select by another date: then all of the history is paged instead of read in windows.';
