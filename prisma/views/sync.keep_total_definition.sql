CREATE OR REPLACE FUNCTION sync.keep_total_definition(of_account smallint) RETURNS void
  LANGUAGE plpgsql
  AS $$
BEGIN
  -- A list that was not read whole proves nothing.
  IF EXISTS (SELECT FROM pool.sub_accounts s JOIN sync.cursors c ON c.puid = s.puid
              WHERE s.account_id = of_account AND c.stream IN ('earnings', 'rewards') AND NOT c.history_complete) THEN
    RETURN;
  END IF;
  INSERT INTO sync.total_definitions (account_id, kind, definition)
  -- What we learned later is the longer text of the same definition.
  SELECT of_account, coalesce(t.rival_kinds[1], t.kind), coalesce(t.rivals, min(t.definition))
    FROM sync.compared_totals t
   WHERE t.account_id = of_account AND t.pool_total IS NOT NULL AND t.totals >= 2
     -- One alone fits all of them: the first that is proven, or another one than was.
     AND CASE WHEN t.proven_since IS NULL THEN t.fitting = t.totals AND t.rivals IS NULL
              ELSE t.fitting < t.totals AND cardinality(t.rival_kinds) = 1 END
   GROUP BY t.kind, t.rival_kinds, t.rivals
  -- Both lists of totals of an account may prove it in the same moment.
      ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION sync.keep_total_definition(smallint) IS 'Records what the totals of an account count, once one definition alone fits all of them. To be called when totals were stored.';
