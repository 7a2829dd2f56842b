CREATE OR REPLACE FUNCTION sync.last_ledger_commit(until timestamptz) RETURNS timestamptz
  LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT greatest((SELECT max(valid_from) FROM pool.earning_revisions WHERE valid_from <= until),
                  (SELECT max(valid_from) FROM pool.reward_revisions WHERE valid_from <= until));
END;

COMMENT ON FUNCTION sync.last_ledger_commit(timestamptz) IS 'When the ledger last changed, up to a moment: readings as of any moment until the next change are the same. Null: it was empty.';
