-- The schemas and the clock. BullMQ makes its own schema (bullmq) when the queue runs on PostgreSQL.

CREATE SCHEMA IF NOT EXISTS pool;
COMMENT ON SCHEMA pool IS 'What the mining pool said: accounts, sub-accounts, workers, income. Instants are UTC, hashrates in H/s, amounts exact.';

CREATE SCHEMA IF NOT EXISTS report;
COMMENT ON SCHEMA report IS 'Views and totals for people: income by day and month, reconciliation, completeness, the fleet. Start here.';

CREATE SCHEMA IF NOT EXISTS sync;
COMMENT ON SCHEMA sync IS 'Machinery of kucoin-pool-sync: progress, proofs of completeness, pacing. Not for analysis.';

CREATE SCHEMA IF NOT EXISTS pool_parts;
COMMENT ON SCHEMA pool_parts IS 'Daily partitions of pool.worker_samples, kept out of sight. Query the parent instead.';

CREATE FUNCTION sync.now() RETURNS timestamptz
  LANGUAGE sql VOLATILE PARALLEL SAFE
  AS $$ SELECT pg_catalog.clock_timestamp() $$;
COMMENT ON FUNCTION sync.now() IS 'The clock of everything that is compared across processes and hosts. Only tests replace it.';

-- Also the body of every "this never changes" trigger: the reason is the trigger's argument.
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
