CREATE OR REPLACE VIEW report.reconciliation AS
SELECT account_name, sub_account, puid, currency, observed_at, pool_total, trim_scale(pool_total)::text AS pool_total_text,
       ledger_settled, trim_scale(ledger_settled)::text AS ledger_settled_text,
       ledger_pending, trim_scale(ledger_pending)::text AS ledger_pending_text, ledger_other,
       difference, trim_scale(difference)::text AS difference_text, verdict, definition, reason, pool_digits,
       earnings_settled, earnings_pending, earnings_other, rewards_settled, rewards_pending, rewards_other,
       left_out_settled, left_out_pending, left_out_other, account_id, uncertified, also_fits, proven_since
  FROM sync.judged_totals
 WHERE level = 'sub-account';

COMMENT ON VIEW report.reconciliation IS 'The ledger against the pool''s own totals, per sub-account and currency: what we knew at the moment at which the pool gave the total, by list and status, and whether the two agree.';
COMMENT ON COLUMN report.reconciliation.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.reconciliation.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.reconciliation.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.reconciliation.currency IS 'Currency of the amounts, e.g. BTC.';
COMMENT ON COLUMN report.reconciliation.observed_at IS 'When the pool gave its total; the ledger is shown as of then. Null: no total, and the ledger is shown as of now.';
COMMENT ON COLUMN report.reconciliation.pool_total IS 'Accumulated income as the pool totals it. API: sub-user/earn, amount.';
COMMENT ON COLUMN report.reconciliation.pool_total_text IS 'The total as text, digit for digit.';
COMMENT ON COLUMN report.reconciliation.ledger_settled IS 'Income of report.income_ledger that was settled.';
COMMENT ON COLUMN report.reconciliation.ledger_settled_text IS 'The same as text.';
COMMENT ON COLUMN report.reconciliation.ledger_pending IS 'Income that was pending.';
COMMENT ON COLUMN report.reconciliation.ledger_pending_text IS 'The same as text.';
COMMENT ON COLUMN report.reconciliation.ledger_other IS 'Income with a status that this program does not know.';
COMMENT ON COLUMN report.reconciliation.difference IS 'pool_total - what it was compared with: the one definition that fits most totals of the account. 0 when it matches.';
COMMENT ON COLUMN report.reconciliation.difference_text IS 'The difference as text, digit for digit.';
COMMENT ON COLUMN report.reconciliation.verdict IS 'matches; matches to the pool''s digits: equal once the ledger is rounded or cut to the decimals that the pool gives; differs; not comparable: see reason.';
COMMENT ON COLUMN report.reconciliation.definition IS 'What the pool counts, as far as the match shows: settled; settled, of which we learned later (settled by then, listed to us afterwards); settled and pending; one list alone; earnings and all rewards; or any of these without single types of rewards, or of single types only. It is one for all totals of an account; null where the total does not fit it.';
COMMENT ON COLUMN report.reconciliation.reason IS 'Why it is not comparable, or what it was compared with and differs from; null when it matches.';
COMMENT ON COLUMN report.reconciliation.pool_digits IS 'Decimals that the pool gives in totals of this currency.';
COMMENT ON COLUMN report.reconciliation.earnings_settled IS 'Earnings, settled.';
COMMENT ON COLUMN report.reconciliation.earnings_pending IS 'Earnings, pending.';
COMMENT ON COLUMN report.reconciliation.earnings_other IS 'Earnings with an unknown status.';
COMMENT ON COLUMN report.reconciliation.rewards_settled IS 'Rewards that count as income, settled.';
COMMENT ON COLUMN report.reconciliation.rewards_pending IS 'Rewards that count as income, pending.';
COMMENT ON COLUMN report.reconciliation.rewards_other IS 'Rewards that count as income, with an unknown status.';
COMMENT ON COLUMN report.reconciliation.left_out_settled IS 'Rewards that earnings already hold (report.income_overlap), settled.';
COMMENT ON COLUMN report.reconciliation.left_out_pending IS 'The same, pending.';
COMMENT ON COLUMN report.reconciliation.left_out_other IS 'The same, with an unknown status.';
COMMENT ON COLUMN report.reconciliation.account_id IS 'The account''s number in the schema pool.';
COMMENT ON COLUMN report.reconciliation.uncertified IS 'Days of which it is not proven that the ledger holds all that the pool serves, by list and algorithm; null: all are certified. See report.completeness.';
COMMENT ON COLUMN report.reconciliation.also_fits IS 'Other definitions that fit all totals of the account; null when none does.';
COMMENT ON COLUMN report.reconciliation.proven_since IS 'Since when it is proven what the pool''s totals of the account count: then one definition alone fitted all of them. Null: none is proven yet.';
