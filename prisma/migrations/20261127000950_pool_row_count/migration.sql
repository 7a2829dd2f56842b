-- The number of rows there are to read, for the progress and the estimated end of a first sync.
ALTER TABLE sync.cursors ADD COLUMN pool_row_count integer CHECK (pool_row_count >= 0);
COMMENT ON COLUMN sync.cursors.pool_row_count IS 'Rows in the whole list by the pool''s count when its history was begun; null: not counted.';
