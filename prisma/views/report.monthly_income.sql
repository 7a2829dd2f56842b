CREATE OR REPLACE VIEW report.monthly_income AS
SELECT a.account_name, a.sub_account, m.puid, m.currency, m.month,
       CASE WHEN m.items > 0 THEN m.settled END AS settled, CASE WHEN m.items > 0 THEN m.pending END AS pending,
       CASE WHEN m.items > 0 THEN m.other END AS other,
       CASE WHEN m.items > 0 THEN m.settled + m.pending + m.other END AS total,
       m.paid, CASE WHEN m.items > 0 THEN m.settled_undated END AS settled_undated,
       CASE WHEN m.items > 0 THEN trim_scale(m.settled)::text END AS settled_text,
       CASE WHEN m.items > 0 THEN trim_scale(m.pending)::text END AS pending_text,
       CASE WHEN m.items > 0 THEN trim_scale(m.settled + m.pending + m.other)::text END AS total_text,
       trim_scale(m.paid)::text AS paid_text, m.items, a.account_id
  FROM (SELECT puid, currency, month,
               sum(earnings_settled + rewards_settled) AS settled,
               sum(earnings_pending + rewards_pending) AS pending,
               sum(earnings_other + rewards_other) AS other,
               sum(paid) AS paid, sum(settled_undated) AS settled_undated, sum(items)::bigint AS items
          FROM sync.income_months WHERE items > 0 OR paid <> 0
         GROUP BY puid, currency, month) AS m
  JOIN report.sub_accounts a ON a.puid = m.puid;

COMMENT ON VIEW report.monthly_income IS 'Income by month: settled + pending + other = total counts it when it was mined (accrual basis), paid when it was settled (cash basis). Never add paid to total: they are two views of the same money.';
COMMENT ON COLUMN report.monthly_income.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.monthly_income.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN report.monthly_income.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.monthly_income.currency IS 'Currency of the amounts, e.g. BTC.';
COMMENT ON COLUMN report.monthly_income.month IS 'First day of the month, in the time zone of the reports (REPORT_TIME_ZONE; UTC by default).';
COMMENT ON COLUMN report.monthly_income.settled IS 'Mined in this month and paid by now; null where nothing was mined, so that averages are of months with income.';
COMMENT ON COLUMN report.monthly_income.pending IS 'Mined in this month and not yet paid; null where nothing was mined, so that averages are of months with income.';
COMMENT ON COLUMN report.monthly_income.other IS 'Mined in this month, with a status that this program does not know; null where nothing was mined, so that averages are of months with income.';
COMMENT ON COLUMN report.monthly_income.total IS 'All that was mined in this month: settled + pending + other; null where nothing was mined, so that averages are of months with income.';
COMMENT ON COLUMN report.monthly_income.paid IS 'Cash basis: settled items by the month of their settle time.';
COMMENT ON COLUMN report.monthly_income.settled_undated IS 'Part of settled whose items have no settle time, so they are in no month''s paid.';
COMMENT ON COLUMN report.monthly_income.settled_text IS 'settled as text, all digits.';
COMMENT ON COLUMN report.monthly_income.pending_text IS 'pending as text, all digits.';
COMMENT ON COLUMN report.monthly_income.total_text IS 'total as text, all digits.';
COMMENT ON COLUMN report.monthly_income.paid_text IS 'paid as text, all digits.';
COMMENT ON COLUMN report.monthly_income.items IS 'Items of report.income_ledger in total; 0 if the month has only payments.';
COMMENT ON COLUMN report.monthly_income.account_id IS 'The account''s number in the schema pool.';
