-- How PostgreSQL plans and sorts the reports, for connections opened from now on. Only the owner of the database may say
-- so; without, the reports are slower, and right.

-- The views look expensive to the planner, and PostgreSQL then compiles their plans: seconds before the first row of an
-- answer that takes a tenth of one.
DO $$
BEGIN
  EXECUTE format('ALTER DATABASE %I SET jit = off', current_database());
EXCEPTION
  WHEN insufficient_privilege THEN NULL;
END
$$;

-- "Who was worst last week" sums up a row per machine and day; in 4 MB, PostgreSQL's default, that is sorted on disk
-- and takes twice as long. Unless somebody gave them more.
DO $$
BEGIN
  IF pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('16MB') THEN
    EXECUTE format('ALTER DATABASE %I SET work_mem = %L', current_database(), '16MB');
  END IF;
EXCEPTION
  WHEN insufficient_privilege THEN NULL;
END
$$;
