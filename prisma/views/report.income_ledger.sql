CREATE OR REPLACE VIEW report.income_ledger AS
SELECT i.account_name, i.sub_account, i.puid, i.algo, i.currency, i.source AS stream, i.type, i.mining_date, i.mined_at, i.ordinal,
       i.amount, trim_scale(i.amount)::text AS amount_text, i.status, i.settled_at,
       i.hash_rate_hps, round(i.hash_rate_hps / 1e12, 6) AS hash_rate_ths, i.reject_rate,
       i.first_seen_at, i.changed_at, i.account_id, i.unserved_at,
       sync.day_of(i.mined_at, z.time_zone) AS day,
       sync.income_row_id(i.account_name, i.puid, i.algo, i.currency, i.source, i.type, i.mined_at, i.ordinal) AS row_id
  FROM sync.income_items i
 CROSS JOIN sync.report_zone z
 WHERE i.source <> 'left out';

COMMENT ON VIEW report.income_ledger IS 'Every item of income, counted once: all earnings, and the rewards that do not duplicate them (MINING_EARN counts only if there is no earning for that sub-account, algorithm, currency and day; UNITE_COIN_EARN unless such an earning has the same amount, or the pool''s totals were proven to count it inside earnings). Withdrawn items are excluded.';
COMMENT ON COLUMN report.income_ledger.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.income_ledger.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN report.income_ledger.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.income_ledger.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.income_ledger.currency IS 'Currency of the amount, e.g. BTC.';
COMMENT ON COLUMN report.income_ledger.stream IS 'The pool''s list that contains the item: earnings or rewards.';
COMMENT ON COLUMN report.income_ledger.type IS 'Type of the reward as the pool writes it; null for an earning.';
COMMENT ON COLUMN report.income_ledger.mining_date IS 'The pool''s mining day: the UTC day of miningDate, regardless of the reports'' time zone.';
COMMENT ON COLUMN report.income_ledger.mined_at IS 'The mining date as served, to the millisecond.';
COMMENT ON COLUMN report.income_ledger.ordinal IS 'Distinguishes items with otherwise equal keys (0, 1, …).';
COMMENT ON COLUMN report.income_ledger.amount IS 'Income in units of the currency, exact; negative for a correction.';
COMMENT ON COLUMN report.income_ledger.amount_text IS 'The amount as text, all digits.';
COMMENT ON COLUMN report.income_ledger.status IS 'SETTLED: paid; WAIT_SETTLE: pending; or any other value the pool sends.';
COMMENT ON COLUMN report.income_ledger.settled_at IS 'Settle time as served, even for a pending item; null if none.';
COMMENT ON COLUMN report.income_ledger.hash_rate_hps IS 'Hashrate that earned it, H/s; null if the pool gives none.';
COMMENT ON COLUMN report.income_ledger.hash_rate_ths IS 'The same in TH/s, to 6 decimals.';
COMMENT ON COLUMN report.income_ledger.reject_rate IS 'Reject rate as served. Its unit is unclear: the specification labels it %, with the examples 0.0157 and 0.02.';
COMMENT ON COLUMN report.income_ledger.first_seen_at IS 'When the item was first seen.';
COMMENT ON COLUMN report.income_ledger.changed_at IS 'When the item last changed.';
COMMENT ON COLUMN report.income_ledger.account_id IS 'The account''s number in the schema pool.';
COMMENT ON COLUMN report.income_ledger.unserved_at IS 'When the pool''s list was first seen to start later than this item, which is kept and still counts; null while it is served.';
COMMENT ON COLUMN report.income_ledger.day IS 'Its day in the time zone of the reports (REPORT_TIME_ZONE; UTC by default): the day of report.daily_income.';
COMMENT ON COLUMN report.income_ledger.row_id IS 'The item''s row id in exports and in kpool explain.';
