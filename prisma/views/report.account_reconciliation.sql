CREATE OR REPLACE VIEW report.account_reconciliation AS
WITH unread AS (
  SELECT DISTINCT s.account_id, 'the ledger of a sub-account has not been read whole yet' AS why
    FROM pool.sub_accounts s
   WHERE NOT EXISTS (SELECT FROM sync.cursors c
                      WHERE c.puid = s.puid AND c.stream IN ('earnings', 'rewards'))
      OR EXISTS (SELECT FROM sync.cursors c
                  WHERE c.puid = s.puid AND c.stream IN ('earnings', 'rewards')
                    AND NOT c.history_complete)
), quarantined AS (
  SELECT DISTINCT s.account_id, 'rows of a sub-account are in quarantine' AS why
    FROM sync.quarantined_rows q JOIN pool.sub_accounts s ON s.puid = q.puid
   WHERE q.stream IN ('earnings', 'rewards') AND q.resolved_at IS NULL
), uncertified AS (
  SELECT account_id, string_agg(span, '; ' ORDER BY position) FILTER (WHERE position <= 5)
           || CASE WHEN count(*) > 5 THEN '; and ' || count(*) - 5 || ' more (report.completeness)' ELSE '' END AS spans
    FROM (SELECT s.account_id, s.sub_account || ': ' || u.span AS span,
                 row_number() OVER (PARTITION BY s.account_id ORDER BY u.puid, u.stream, u.algo, u.from_at) AS position
            FROM sync.uncertified u JOIN report.sub_accounts s ON s.puid = u.puid) AS numbered
   GROUP BY account_id
)
SELECT a.account_name, j.currency, j.observed_at,
       j.pool_total, trim_scale(j.pool_total)::text AS pool_total_text,
       j.earnings_settled + j.rewards_settled AS ledger_settled,
       trim_scale(j.earnings_settled + j.rewards_settled)::text AS ledger_settled_text,
       j.earnings_pending + j.rewards_pending AS ledger_pending,
       trim_scale(j.earnings_pending + j.rewards_pending)::text AS ledger_pending_text,
       j.earnings_other + j.rewards_other AS ledger_other,
       j.pool_total - j.amount AS difference,
       trim_scale(j.pool_total - j.amount)::text AS difference_text,
       v.verdict,
       CASE WHEN j.rank < 3 THEN j.definition END AS definition,
       CASE WHEN v.verdict = 'not comparable' THEN
         CASE WHEN j.pool_total IS NULL THEN 'the pool has not given a total' ELSE coalesce(u.why, q.why) END
            WHEN v.verdict = 'differs' THEN
         CASE WHEN EXISTS (SELECT FROM sync.hidden_coins h WHERE h.account_id = j.account_id AND h.currency = j.currency)
              THEN 'the pool totals this coin and its lists show too few rows of it, or none, even when asked by name'
              WHEN j.fitting > 0 THEN 'compared with ' || j.definition || ', which fits ' || j.fitting || ' of ' || j.totals || ' totals of the account'
              ELSE 'no definition fits any total of the account; compared with ' || j.definition END END AS reason,
       j.digits AS pool_digits,
       j.earnings_settled, j.earnings_pending, j.earnings_other,
       j.rewards_settled, j.rewards_pending, j.rewards_other,
       j.left_out_settled, j.left_out_pending, j.left_out_other,
       j.account_id, c.spans AS uncertified, CASE WHEN j.rank < 3 THEN j.rivals END AS also_fits
  FROM sync.compared_totals j
  JOIN pool.accounts a ON a.account_id = j.account_id
  LEFT JOIN unread u ON u.account_id = j.account_id
  LEFT JOIN quarantined q ON q.account_id = j.account_id
  LEFT JOIN uncertified c ON c.account_id = j.account_id
 CROSS JOIN LATERAL (
   SELECT CASE WHEN j.rank = 1 THEN 'matches'
               WHEN j.rank = 2 THEN 'matches to the pool''s digits'
               WHEN j.pool_total IS NULL THEN 'not comparable'
               WHEN u.why IS NOT NULL OR q.why IS NOT NULL THEN 'not comparable'
               ELSE 'differs' END AS verdict) AS v
 WHERE j.level = 'account';

COMMENT ON VIEW report.account_reconciliation IS 'The ledger against the pool''s own totals, per account and currency, all its sub-accounts together: what we knew at the moment at which the pool gave the total, by list and status, and whether the two agree.';
COMMENT ON COLUMN report.account_reconciliation.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.account_reconciliation.currency IS 'Currency of the amounts, e.g. BTC.';
COMMENT ON COLUMN report.account_reconciliation.observed_at IS 'When the pool gave its total; the ledger is shown as of then. Null: no total, and the ledger is shown as of now.';
COMMENT ON COLUMN report.account_reconciliation.pool_total IS 'Accumulated income as the pool totals it. API: user/earn.';
COMMENT ON COLUMN report.account_reconciliation.pool_total_text IS 'The total as text, digit for digit.';
COMMENT ON COLUMN report.account_reconciliation.ledger_settled IS 'Income of report.income_ledger that was settled.';
COMMENT ON COLUMN report.account_reconciliation.ledger_settled_text IS 'The same as text.';
COMMENT ON COLUMN report.account_reconciliation.ledger_pending IS 'Income that was pending.';
COMMENT ON COLUMN report.account_reconciliation.ledger_pending_text IS 'The same as text.';
COMMENT ON COLUMN report.account_reconciliation.ledger_other IS 'Income with a status that this program does not know.';
COMMENT ON COLUMN report.account_reconciliation.difference IS 'pool_total - what it was compared with: the one definition that fits most totals of the account. 0 when it matches.';
COMMENT ON COLUMN report.account_reconciliation.difference_text IS 'The difference as text, digit for digit.';
COMMENT ON COLUMN report.account_reconciliation.verdict IS 'matches; matches to the pool''s digits: equal once the ledger is rounded or cut to the decimals that the pool gives; differs; not comparable: see reason.';
COMMENT ON COLUMN report.account_reconciliation.definition IS 'What the pool counts, as far as the match shows: settled; settled, of which we learned later (settled by then, listed to us afterwards); settled and pending; one list alone; or earnings and all rewards. It is one for all totals of an account; null where the total does not fit it.';
COMMENT ON COLUMN report.account_reconciliation.reason IS 'Why it is not comparable, or what it was compared with and differs from; null when it matches.';
COMMENT ON COLUMN report.account_reconciliation.pool_digits IS 'Decimals that the pool gives in totals of this currency.';
COMMENT ON COLUMN report.account_reconciliation.earnings_settled IS 'Earnings, settled.';
COMMENT ON COLUMN report.account_reconciliation.earnings_pending IS 'Earnings, pending.';
COMMENT ON COLUMN report.account_reconciliation.earnings_other IS 'Earnings with an unknown status.';
COMMENT ON COLUMN report.account_reconciliation.rewards_settled IS 'Rewards that count as income, settled.';
COMMENT ON COLUMN report.account_reconciliation.rewards_pending IS 'Rewards that count as income, pending.';
COMMENT ON COLUMN report.account_reconciliation.rewards_other IS 'Rewards that count as income, with an unknown status.';
COMMENT ON COLUMN report.account_reconciliation.left_out_settled IS 'Rewards that earnings already hold (report.income_overlap), settled.';
COMMENT ON COLUMN report.account_reconciliation.left_out_pending IS 'The same, pending.';
COMMENT ON COLUMN report.account_reconciliation.left_out_other IS 'The same, with an unknown status.';
COMMENT ON COLUMN report.account_reconciliation.account_id IS 'The account''s number in the schema pool.';
COMMENT ON COLUMN report.account_reconciliation.uncertified IS 'Days of which it is not proven that the ledger holds all that the pool serves, by sub-account, list and algorithm; null: all are certified. See report.completeness.';
COMMENT ON COLUMN report.account_reconciliation.also_fits IS 'Other definitions that fit all totals of the account; null when none does.';
