CREATE OR REPLACE FUNCTION sync.set_same_income(of_account smallint, is_same boolean) RETURNS void
  LANGUAGE plpgsql
  AS $$
DECLARE
  merged constant text := 'UNITE_COIN_EARN';
  changed bigint[];
  instant timestamptz;
BEGIN
  SELECT array_agg(s.puid) INTO changed
    FROM pool.sub_accounts s
   WHERE s.account_id = of_account
     AND is_same <> EXISTS (SELECT FROM sync.same_income i WHERE i.puid = s.puid AND i.type = merged AND i.valid_to IS NULL);
  IF changed IS NULL THEN
    RETURN;
  END IF;
  -- As with a close: no ledger commit is in progress from here on, so what the ledger was as of any instant stays as it was.
  instant := sync.fix_ledger_instant();
  IF is_same THEN
    INSERT INTO sync.same_income (puid, type, valid_from) SELECT puid, merged, instant FROM unnest(changed) AS puid;
  ELSE
    UPDATE sync.same_income SET valid_to = instant WHERE puid = ANY (changed) AND type = merged AND valid_to IS NULL;
  END IF;
  EXECUTE sync.totals_statement(format(
    'SELECT puid, algo, currency, mining_date FROM sync.income_items WHERE puid = ANY (%L::bigint[]) AND type = %L AND repeats = ''day''',
    changed, merged));
END
$$;
COMMENT ON FUNCTION sync.set_same_income(smallint, boolean) IS 'Records from now on whether an account''s merged mining beside an earning of its day is the same income, whatever the amounts, and counts those days again.';
