-- The schemas, the clock, days and months of a time zone, and locks. BullMQ creates its own schema (bullmq) when the queue
-- is in PostgreSQL.

CREATE SCHEMA IF NOT EXISTS pool;
COMMENT ON SCHEMA pool IS 'What the mining pool served: accounts, sub-accounts, workers, income. Instants are in UTC, hashrates in H/s, amounts exact.';

CREATE SCHEMA IF NOT EXISTS report;
COMMENT ON SCHEMA report IS 'Views for analysts: income by day and month, reconciliation, completeness, the fleet. Start here.';

CREATE SCHEMA IF NOT EXISTS book;
COMMENT ON SCHEMA book IS 'Data from the user (prices, worker groups) and the record of exports. Never changed by a sync.';

CREATE SCHEMA IF NOT EXISTS sync;
COMMENT ON SCHEMA sync IS 'Machinery of kucoin-pool-sync: progress, proofs of completeness, pacing. Not for analysis.';

CREATE SCHEMA IF NOT EXISTS pool_parts;
COMMENT ON SCHEMA pool_parts IS 'Daily partitions of pool.worker_sample_blocks, kept out of sight. Query pool.worker_samples instead.';

CREATE FUNCTION sync.now() RETURNS timestamptz
  LANGUAGE sql VOLATILE PARALLEL SAFE
  AS $$ SELECT pg_catalog.clock_timestamp() $$;
COMMENT ON FUNCTION sync.now() IS 'The clock of everything that is compared across processes and hosts. A function, so that tests can replace it.';

-- The body of every trigger that keeps rows from being changed or deleted. The trigger's argument is the reason given.
CREATE FUNCTION sync.refuse() RETURNS trigger
  LANGUAGE plpgsql
  AS $$
BEGIN
  RAISE EXCEPTION '%', TG_ARGV[0]
    USING ERRCODE = 'integrity_constraint_violation',
          DETAIL = format('%s on %I.%I was refused.', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME);
END
$$;
COMMENT ON FUNCTION sync.refuse() IS 'Trigger: refuses the statement with the sentence that is its argument.';

CREATE FUNCTION sync.day_of(instant timestamptz, time_zone text) RETURNS date
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT (instant AT TIME ZONE time_zone)::date $$;
COMMENT ON FUNCTION sync.day_of(timestamptz, text) IS 'The day of an instant in a time zone.';

CREATE FUNCTION sync.month_of(instant timestamptz, time_zone text) RETURNS date
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT date_trunc('month', instant AT TIME ZONE time_zone)::date $$;
COMMENT ON FUNCTION sync.month_of(timestamptz, text) IS 'First day of the month of an instant in a time zone.';

CREATE FUNCTION sync.start_of_day(a_day date, time_zone text) RETURNS timestamptz
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT a_day::timestamp AT TIME ZONE time_zone $$;
COMMENT ON FUNCTION sync.start_of_day(date, text) IS 'The instant at which a day begins in a time zone.';

-- Named locks are rows of a table that only writers can reach. Advisory locks would not do: anyone who may connect can
-- take any of them, and pg_locks shows everyone their keys.
CREATE TABLE sync.locks (
  lock_name text PRIMARY KEY
);
COMMENT ON TABLE sync.locks IS 'Locks by name: sync.lock() locks their rows until the transaction ends.';
COMMENT ON COLUMN sync.locks.lock_name IS 'What only one transaction at a time may do.';

CREATE FUNCTION sync.lock(VARIADIC names text[]) RETURNS void
  LANGUAGE plpgsql VOLATILE
  AS $$
BEGIN
  INSERT INTO sync.locks AS l SELECT DISTINCT n FROM unnest(names) AS n ORDER BY n ON CONFLICT DO NOTHING;
  PERFORM FROM sync.locks WHERE lock_name = ANY (names) ORDER BY lock_name FOR UPDATE;
END
$$;
COMMENT ON FUNCTION sync.lock(text[]) IS 'Waits until no other transaction holds any of these locks, and holds them until this one ends.';

CREATE FUNCTION sync.try_lock(name text) RETURNS boolean
  LANGUAGE plpgsql VOLATILE
  AS $$
BEGIN
  INSERT INTO sync.locks VALUES (name) ON CONFLICT DO NOTHING;
  PERFORM FROM sync.locks WHERE lock_name = name FOR UPDATE SKIP LOCKED;
  RETURN FOUND;
END
$$;
COMMENT ON FUNCTION sync.try_lock(text) IS 'As sync.lock(), but returns false instead of waiting.';

CREATE FUNCTION sync.is_session_lock_held(lock_class integer, lock_key integer) RETURNS boolean
  LANGUAGE sql VOLATILE
  AS $$
SELECT EXISTS (
  SELECT FROM pg_catalog.pg_locks l
    JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
   WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
     AND l.classid = lock_class::oid AND l.objid = lock_key::oid
     AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
     AND has_table_privilege(a.usesysid, 'sync.locks', 'UPDATE'))
$$;
COMMENT ON FUNCTION sync.is_session_lock_held(integer, integer) IS 'Whether a session of the program holds this advisory lock, which shows that its process is alive. Roles that may not write, such as readers, do not count.';
