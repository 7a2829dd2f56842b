CREATE OR REPLACE VIEW report.reject_rate_daily AS
SELECT a.account_name, a.sub_account, d.puid, d.algo, d.day AS day_utc, d.workers,
       d.mean AS mean_reject_rate, d.median AS median_reject_rate, d.p90 AS p90_reject_rate, d.highest AS highest_reject_rate,
       a.account_id
  FROM sync.reject_days d
  JOIN report.sub_accounts a ON a.puid = d.puid;

COMMENT ON VIEW report.reject_rate_daily IS 'Reject rates of the workers of each sub-account and algorithm by complete UTC day: what is usual, and how far the worst are from it. As served; the unit is not known.';
COMMENT ON COLUMN report.reject_rate_daily.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.reject_rate_daily.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.reject_rate_daily.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.reject_rate_daily.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.reject_rate_daily.day_utc IS 'The day, UTC.';
COMMENT ON COLUMN report.reject_rate_daily.workers IS 'Workers of which a reject rate was seen on that day.';
COMMENT ON COLUMN report.reject_rate_daily.mean_reject_rate IS 'Mean over these workers of the last rate seen.';
COMMENT ON COLUMN report.reject_rate_daily.median_reject_rate IS 'Half of them had this rate or less.';
COMMENT ON COLUMN report.reject_rate_daily.p90_reject_rate IS 'Nine in ten had this rate or less.';
COMMENT ON COLUMN report.reject_rate_daily.highest_reject_rate IS 'The highest of them.';
COMMENT ON COLUMN report.reject_rate_daily.account_id IS 'The account''s number in the schema pool.';
