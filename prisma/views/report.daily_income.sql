CREATE OR REPLACE VIEW report.daily_income AS
SELECT a.account_name, a.sub_account, d.puid, d.currency, d.day,
       CASE WHEN d.items > 0 THEN d.settled END AS settled, CASE WHEN d.items > 0 THEN d.pending END AS pending,
       CASE WHEN d.items > 0 THEN d.other END AS other,
       CASE WHEN d.items > 0 THEN d.settled + d.pending + d.other END AS total,
       d.paid, CASE WHEN d.items > 0 THEN d.settled_undated END AS settled_undated,
       CASE WHEN d.items > 0 THEN trim_scale(d.settled)::text END AS settled_text,
       CASE WHEN d.items > 0 THEN trim_scale(d.pending)::text END AS pending_text,
       CASE WHEN d.items > 0 THEN trim_scale(d.settled + d.pending + d.other)::text END AS total_text,
       trim_scale(d.paid)::text AS paid_text, d.items::bigint AS items, a.account_id
  FROM sync.income_by_day d
  JOIN report.sub_accounts a ON a.puid = d.puid;

COMMENT ON VIEW report.daily_income IS 'Income by day: settled + pending + other = total counts it when it was mined (accrual basis), paid when it was settled (cash basis). Never add paid to total: they are two views of the same money.';
COMMENT ON COLUMN report.daily_income.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.daily_income.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN report.daily_income.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.daily_income.currency IS 'Currency of the amounts, e.g. BTC.';
COMMENT ON COLUMN report.daily_income.day IS 'The day, in the time zone of the reports (REPORT_TIME_ZONE; UTC by default).';
COMMENT ON COLUMN report.daily_income.settled IS 'Mined on this day and paid by now; null where nothing was mined, so that averages are of days with income.';
COMMENT ON COLUMN report.daily_income.pending IS 'Mined on this day and not yet paid; null where nothing was mined, so that averages are of days with income.';
COMMENT ON COLUMN report.daily_income.other IS 'Mined on this day, with a status that this program does not know; null where nothing was mined, so that averages are of days with income.';
COMMENT ON COLUMN report.daily_income.total IS 'All that was mined on this day: settled + pending + other; null where nothing was mined, so that averages are of days with income.';
COMMENT ON COLUMN report.daily_income.paid IS 'Cash basis: settled items by the day of their settle time.';
COMMENT ON COLUMN report.daily_income.settled_undated IS 'Part of settled whose items have no settle time, so they are in no day''s paid.';
COMMENT ON COLUMN report.daily_income.settled_text IS 'settled as text, all digits.';
COMMENT ON COLUMN report.daily_income.pending_text IS 'pending as text, all digits.';
COMMENT ON COLUMN report.daily_income.total_text IS 'total as text, all digits.';
COMMENT ON COLUMN report.daily_income.paid_text IS 'paid as text, all digits.';
COMMENT ON COLUMN report.daily_income.items IS 'Items of report.income_ledger in total; 0 if the day has only payments.';
COMMENT ON COLUMN report.daily_income.account_id IS 'The account''s number in the schema pool.';
