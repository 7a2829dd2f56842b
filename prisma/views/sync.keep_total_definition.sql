CREATE OR REPLACE FUNCTION sync.keep_total_definition(of_account smallint) RETURNS void
  LANGUAGE plpgsql
  AS $$
BEGIN
  -- While a list has not been read completely, the ledger proves nothing about totals.
  IF EXISTS (SELECT FROM pool.sub_accounts s JOIN sync.cursors c ON c.puid = s.puid
              WHERE s.account_id = of_account AND c.stream IN ('earnings', 'rewards') AND NOT c.history_complete) THEN
    RETURN;
  END IF;
  -- The streams account-income and sub-account-income of an account may both get here at the same time.
  PERFORM sync.lock('totals ' || of_account);
  DELETE FROM sync.totals_by_type WHERE account_id = of_account;
  -- Definitions by reward type read the account's whole ledger: they are tried only if no definition by list and status fits
  -- all totals, or one by type has been proven.
  IF EXISTS (SELECT FROM sync.compared_totals t WHERE t.account_id = of_account AND t.fitting < t.totals AND t.rivals IS NULL)
     OR (SELECT d.kind >= 16 FROM sync.total_definitions d WHERE d.account_id = of_account ORDER BY d.since DESC LIMIT 1) THEN
    INSERT INTO sync.totals_by_type (account_id, kind, types, definition, place, currency, observed_at, amount)
    SELECT of_account, * FROM sync.definitions_by_type(of_account);
  END IF;
  INSERT INTO sync.total_definitions (account_id, kind, types, definition)
  -- A kind may have two texts, of which the one about items learned later is the longer: min() takes the shorter.
  SELECT of_account, coalesce(t.rival_kind, t.kind), coalesce(t.rival_types, t.types), coalesce(t.rivals, min(t.definition))
    FROM sync.compared_totals t
   WHERE t.account_id = of_account AND t.pool_total IS NOT NULL AND t.totals >= 2
     -- Exactly one definition fits all totals: the first to be proven, or one that replaces the proven one.
     AND CASE WHEN t.proven_since IS NULL THEN t.fitting = t.totals AND t.rivals IS NULL
              ELSE t.fitting < t.totals AND t.rival_kind IS NOT NULL END
   GROUP BY t.kind, t.types, t.rival_kind, t.rival_types, t.rivals
      ON CONFLICT DO NOTHING;
  PERFORM sync.keep_same_income(of_account, is_newly_proven => FOUND);
END
$$;
COMMENT ON FUNCTION sync.keep_total_definition(smallint) IS 'Records the definition of an account''s totals once only one fits all of them. Call it after storing totals.';
