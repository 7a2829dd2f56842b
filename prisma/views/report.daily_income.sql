CREATE OR REPLACE VIEW report.daily_income AS
SELECT a.account_name, a.sub_account, d.puid, d.currency, d.day,
       d.settled, d.pending, d.other, d.settled + d.pending + d.other AS total, d.paid, d.settled_undated,
       trim_scale(d.settled)::text AS settled_text, trim_scale(d.pending)::text AS pending_text,
       trim_scale(d.settled + d.pending + d.other)::text AS total_text, trim_scale(d.paid)::text AS paid_text,
       d.items, a.account_id
  -- Added up before names are joined: the planner knows how many groups there are, and groups by numbers.
  FROM (SELECT puid, currency, day,
               sum(settled) AS settled, sum(pending) AS pending, sum(other) AS other, sum(paid) AS paid,
               sum(settled_undated) AS settled_undated, sum(items)::bigint AS items
          FROM (SELECT puid, currency, day,
                       earnings_settled + rewards_settled AS settled,
                       earnings_pending + rewards_pending AS pending,
                       earnings_other + rewards_other AS other,
                       0::numeric AS paid,
                       CASE WHEN paid_date = 'infinity' THEN earnings_settled + rewards_settled ELSE 0 END AS settled_undated,
                       items
                  FROM sync.income_days WHERE items > 0
                 UNION ALL
                SELECT puid, currency, paid_date, 0, 0, 0, earnings_settled + rewards_settled, 0, 0
                  FROM sync.income_days WHERE items > 0 AND paid_date < 'infinity') AS parts
         GROUP BY puid, currency, day) AS d
  JOIN report.sub_accounts a ON a.puid = d.puid;

COMMENT ON VIEW report.daily_income IS 'Income by day: settled + pending + other = total counts it when it was mined (accrual basis), paid when it was settled (cash basis). Never add paid to total: they are two views of the same money.';
COMMENT ON COLUMN report.daily_income.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.daily_income.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.daily_income.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.daily_income.currency IS 'Currency of the amounts, e.g. BTC.';
COMMENT ON COLUMN report.daily_income.day IS 'The day, in the time zone of the reports (REPORT_TIME_ZONE; UTC by default).';
COMMENT ON COLUMN report.daily_income.settled IS 'Mined on this day and paid by now.';
COMMENT ON COLUMN report.daily_income.pending IS 'Mined on this day and not yet paid.';
COMMENT ON COLUMN report.daily_income.other IS 'Mined on this day, with a status that this program does not know.';
COMMENT ON COLUMN report.daily_income.total IS 'All that was mined on this day: settled + pending + other.';
COMMENT ON COLUMN report.daily_income.paid IS 'Cash basis: settled items by the day of their settle time.';
COMMENT ON COLUMN report.daily_income.settled_undated IS 'Part of settled whose items carry no settle time, and so are in paid on no day.';
COMMENT ON COLUMN report.daily_income.settled_text IS 'settled as text, digit for digit.';
COMMENT ON COLUMN report.daily_income.pending_text IS 'pending as text, digit for digit.';
COMMENT ON COLUMN report.daily_income.total_text IS 'total as text, digit for digit.';
COMMENT ON COLUMN report.daily_income.paid_text IS 'paid as text, digit for digit.';
COMMENT ON COLUMN report.daily_income.items IS 'Items of report.income_ledger in total.';
COMMENT ON COLUMN report.daily_income.account_id IS 'The account''s number in the schema pool.';
