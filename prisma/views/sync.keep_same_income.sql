CREATE OR REPLACE FUNCTION sync.keep_same_income(of_account smallint, is_newly_proven boolean) RETURNS void
  LANGUAGE plpgsql
  AS $$
DECLARE
  is_same boolean;
BEGIN
  IF NOT is_newly_proven
     AND NOT EXISTS (SELECT FROM sync.income_months m JOIN pool.sub_accounts s ON s.puid = m.puid
                      WHERE s.account_id = of_account AND (m.merged_settled <> 0 OR m.merged_pending <> 0 OR m.merged_other <> 0)) THEN
    RETURN;
  END IF;
  -- The proven definition fits all totals, and comes to what the ledger would come to without merged mining beside earnings:
  -- it leaves out that, and nothing else. A definition that leaves out more, such as an event's reward or a coin that no
  -- earning holds, shows only that the pool's totals are no sum of income.
  SELECT bool_and(t.proven_since IS NOT NULL AND t.fitting = t.totals AND t.kind NOT IN (1, 2))
         AND (bool_or(t.merged_settled <> 0)
              AND bool_and(t.amount - (t.earnings_settled + t.rewards_settled - t.merged_settled)
                           IN (0, t.settled_later - t.earnings_settled - t.rewards_settled))
              OR bool_or(t.merged_settled <> 0 OR t.merged_unsettled <> 0)
              AND bool_and(t.amount = t.earnings_settled + t.rewards_settled + t.earnings_pending + t.rewards_pending
                                      + t.earnings_other + t.rewards_other - t.merged_settled - t.merged_unsettled))
    INTO is_same
    FROM sync.compared_totals t
   WHERE t.account_id = of_account AND t.pool_total IS NOT NULL;
  -- Totals that do not fit just now prove nothing either way: only another definition ends what one has proven.
  IF is_same OR is_newly_proven THEN
    PERFORM sync.set_same_income(of_account, coalesce(is_same, false));
  END IF;
END
$$;
COMMENT ON FUNCTION sync.keep_same_income(smallint, boolean) IS 'Records whether merged mining beside an earning of its day is the same income, as the account''s proven definition says. is_newly_proven: the definition has just been recorded.';
