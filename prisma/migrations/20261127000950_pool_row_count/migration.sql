-- How much there is to read, for the progress of a first sync and its estimated end.
ALTER TABLE sync.cursors ADD COLUMN pool_row_count integer CHECK (pool_row_count >= 0);
COMMENT ON COLUMN sync.cursors.pool_row_count IS 'Rows that the pool counted in the whole list when its history was begun; null: it has not said so.';
