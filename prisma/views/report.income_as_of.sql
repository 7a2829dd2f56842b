CREATE OR REPLACE FUNCTION report.income_as_of(known_at timestamptz)
  RETURNS TABLE (account_name text, sub_account text, puid bigint, algo text, currency text, stream text, type text,
                 mining_date date, mined_at timestamptz, ordinal integer, amount numeric, amount_text text, status text,
                 settled_at timestamptz, hash_rate_hps numeric, reject_rate numeric, known_since timestamptz, account_id smallint)
  LANGUAGE sql STABLE PARALLEL SAFE
-- BEGIN ATOMIC resolves names at creation, so that callers need no rights on the schema sync.
BEGIN ATOMIC
  SELECT i.account_name, i.sub_account, i.puid, i.algo, i.currency, i.source, i.type, i.mining_date, i.mined_at, i.ordinal,
         i.amount, trim_scale(i.amount)::text, i.status, i.settled_at, i.hash_rate_hps, i.reject_rate, i.known_since,
         i.account_id
    FROM sync.income_items_as_of(known_at) i
   WHERE i.source <> 'left out';
END;

COMMENT ON FUNCTION report.income_as_of(timestamptz) IS 'report.income_ledger as known at that instant (known_since: since when). The result for the instant of a close or an export never changes.';
