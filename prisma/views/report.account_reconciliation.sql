CREATE OR REPLACE VIEW report.account_reconciliation AS
SELECT account_name, currency, observed_at, pool_total, trim_scale(pool_total)::text AS pool_total_text,
       ledger_settled, trim_scale(ledger_settled)::text AS ledger_settled_text,
       ledger_pending, trim_scale(ledger_pending)::text AS ledger_pending_text, ledger_other,
       difference, trim_scale(difference)::text AS difference_text, verdict, definition, reason, pool_digits,
       earnings_settled, earnings_pending, earnings_other, rewards_settled, rewards_pending, rewards_other,
       left_out_settled, left_out_pending, left_out_other, account_id, uncertified, also_fits, proven_since
  FROM sync.judged_totals
 WHERE level = 'account';

COMMENT ON VIEW report.account_reconciliation IS 'The ledger compared with the pool''s own totals, per account and currency, over all its sub-accounts: the ledger as of the moment the pool reported the total, by list and status, and whether they agree.';
COMMENT ON COLUMN report.account_reconciliation.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.account_reconciliation.currency IS 'Currency of the amounts, e.g. BTC.';
COMMENT ON COLUMN report.account_reconciliation.observed_at IS 'When the pool reported its total; the ledger is shown as of then. Null: no total, and the ledger is shown as of now.';
COMMENT ON COLUMN report.account_reconciliation.pool_total IS 'The pool''s total of accumulated income. API: user/earn.';
COMMENT ON COLUMN report.account_reconciliation.pool_total_text IS 'The total as text, all digits.';
COMMENT ON COLUMN report.account_reconciliation.ledger_settled IS 'Settled income of report.income_ledger.';
COMMENT ON COLUMN report.account_reconciliation.ledger_settled_text IS 'The same as text.';
COMMENT ON COLUMN report.account_reconciliation.ledger_pending IS 'Pending income.';
COMMENT ON COLUMN report.account_reconciliation.ledger_pending_text IS 'The same as text.';
COMMENT ON COLUMN report.account_reconciliation.ledger_other IS 'Income with an unknown status.';
COMMENT ON COLUMN report.account_reconciliation.difference IS 'pool_total minus the ledger by the definition that fits the most totals of the account; 0 if it matches.';
COMMENT ON COLUMN report.account_reconciliation.difference_text IS 'The difference as text, all digits.';
COMMENT ON COLUMN report.account_reconciliation.verdict IS 'matches; matches to the pool''s digits: equal after rounding or cutting the ledger to the pool''s decimals; differs; not comparable: see reason.';
COMMENT ON COLUMN report.account_reconciliation.definition IS 'What the pool''s total counts, inferred from the match: settled; settled, including items listed later that were settled by then; settled and pending; one list only; earnings and all rewards; or any of these without, or with only, certain types of rewards. All totals of an account share one definition; null if this total does not fit it.';
COMMENT ON COLUMN report.account_reconciliation.reason IS 'Why it is not comparable, or what it differs from; null if it matches.';
COMMENT ON COLUMN report.account_reconciliation.pool_digits IS 'Number of decimals in the pool''s totals of this currency.';
COMMENT ON COLUMN report.account_reconciliation.earnings_settled IS 'Earnings, settled.';
COMMENT ON COLUMN report.account_reconciliation.earnings_pending IS 'Earnings, pending.';
COMMENT ON COLUMN report.account_reconciliation.earnings_other IS 'Earnings with an unknown status.';
COMMENT ON COLUMN report.account_reconciliation.rewards_settled IS 'Rewards that count as income, settled.';
COMMENT ON COLUMN report.account_reconciliation.rewards_pending IS 'Rewards that count as income, pending.';
COMMENT ON COLUMN report.account_reconciliation.rewards_other IS 'Rewards that count as income, with an unknown status.';
COMMENT ON COLUMN report.account_reconciliation.left_out_settled IS 'Settled rewards that duplicate earnings (report.income_overlap) and are left out.';
COMMENT ON COLUMN report.account_reconciliation.left_out_pending IS 'The same, pending.';
COMMENT ON COLUMN report.account_reconciliation.left_out_other IS 'The same, with an unknown status.';
COMMENT ON COLUMN report.account_reconciliation.account_id IS 'The account''s number in the schema pool.';
COMMENT ON COLUMN report.account_reconciliation.uncertified IS 'Days for which the ledger is not certified to contain everything the pool serves, by sub-account, list and algorithm; null: all are certified. See report.completeness.';
COMMENT ON COLUMN report.account_reconciliation.also_fits IS 'Other definitions that fit all totals of the account; null if none does.';
COMMENT ON COLUMN report.account_reconciliation.proven_since IS 'When the definition of the account''s totals was proven: only one fitted all of them. Null: not proven yet.';
