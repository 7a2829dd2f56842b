CREATE OR REPLACE VIEW report.closed_months AS
SELECT a.account_name, c.month, c.action, c.instant AS as_of, c.note, c.created_at AS recorded_at,
       lead(c.close_id) OVER (PARTITION BY c.month, a.account_id ORDER BY c.close_id) IS NULL AS is_in_force,
       c.close_id, a.account_id
  FROM sync.closes c
 CROSS JOIN pool.accounts a;

COMMENT ON VIEW report.closed_months IS 'Every close and reopen of a month (kpool close, kpool reopen), for each account. Append-only. A month is closed if its row in force is a close.';
COMMENT ON COLUMN report.closed_months.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.closed_months.month IS 'First day of the month, in the time zone of the reports (REPORT_TIME_ZONE; UTC by default).';
COMMENT ON COLUMN report.closed_months.action IS 'close or reopen.';
COMMENT ON COLUMN report.closed_months.as_of IS 'The instant as of which the month is reported: report.income_as_of(as_of) gives its figures.';
COMMENT ON COLUMN report.closed_months.note IS 'The note of the person who did it.';
COMMENT ON COLUMN report.closed_months.recorded_at IS 'When it was recorded.';
COMMENT ON COLUMN report.closed_months.is_in_force IS 'Whether it is the latest record of its month.';
COMMENT ON COLUMN report.closed_months.close_id IS 'Sequence number of the record; the same for every account.';
COMMENT ON COLUMN report.closed_months.account_id IS 'The account''s number in the schema pool.';
