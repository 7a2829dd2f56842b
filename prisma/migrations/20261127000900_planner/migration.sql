-- Planner settings of the database, for connections opened from now on. Only its owner may set them; without them, reports
-- are slower but correct.

-- The planner estimates high costs for the views, so PostgreSQL would compile their plans: seconds, for queries that
-- otherwise take a tenth of a second.
DO $$
BEGIN
  EXECUTE format('ALTER DATABASE %I SET jit = off', current_database());
EXCEPTION
  WHEN insufficient_privilege THEN NULL;
END
$$;

-- Questions about a week of the fleet aggregate a row per worker and day. With the default of 4 MB these are sorted on disk,
-- which takes twice as long. A larger setting stays.
DO $$
BEGIN
  IF pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('16MB') THEN
    EXECUTE format('ALTER DATABASE %I SET work_mem = %L', current_database(), '16MB');
  END IF;
EXCEPTION
  WHEN insufficient_privilege THEN NULL;
END
$$;
