CREATE OR REPLACE VIEW report.unsettled_income AS
SELECT l.account_name, l.sub_account, l.puid, l.algo, l.currency, l.stream, l.type, l.mining_date, l.mined_at, l.ordinal,
       l.amount, l.amount_text, l.status, l.settled_at AS announced_for,
       n.now - l.mined_at AS age,
       floor(extract(epoch FROM n.now - l.mined_at) / 86400)::integer AS age_days,
       l.first_seen_at, l.account_id, l.row_id
  FROM report.income_ledger l, (SELECT sync.now() AS now) n
 WHERE l.status <> 'SETTLED';

COMMENT ON VIEW report.unsettled_income IS 'Items of income that the pool has not paid yet, with their age.';
COMMENT ON COLUMN report.unsettled_income.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.unsettled_income.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN report.unsettled_income.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.unsettled_income.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.unsettled_income.currency IS 'Currency of the amount, e.g. BTC.';
COMMENT ON COLUMN report.unsettled_income.stream IS 'The pool''s list that contains the item: earnings or rewards.';
COMMENT ON COLUMN report.unsettled_income.type IS 'Type of the reward as the pool writes it; null for an earning.';
COMMENT ON COLUMN report.unsettled_income.mining_date IS 'The pool''s mining day: the UTC day of miningDate, regardless of the reports'' time zone.';
COMMENT ON COLUMN report.unsettled_income.mined_at IS 'The mining date as served, to the millisecond.';
COMMENT ON COLUMN report.unsettled_income.ordinal IS 'Distinguishes items with otherwise equal keys (0, 1, …).';
COMMENT ON COLUMN report.unsettled_income.amount IS 'Income in units of the currency, exact.';
COMMENT ON COLUMN report.unsettled_income.amount_text IS 'The amount as text, all digits.';
COMMENT ON COLUMN report.unsettled_income.status IS 'WAIT_SETTLE: pending; or any other value the pool sends except SETTLED.';
COMMENT ON COLUMN report.unsettled_income.announced_for IS 'Settle time, if the pool already gives one; otherwise null.';
COMMENT ON COLUMN report.unsettled_income.age IS 'Time since it was mined.';
COMMENT ON COLUMN report.unsettled_income.age_days IS 'Whole days since it was mined.';
COMMENT ON COLUMN report.unsettled_income.first_seen_at IS 'When the item was first seen.';
COMMENT ON COLUMN report.unsettled_income.account_id IS 'The account''s number in the schema pool.';
COMMENT ON COLUMN report.unsettled_income.row_id IS 'The item''s row id in exports and in kpool explain.';
