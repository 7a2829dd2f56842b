CREATE OR REPLACE VIEW report.reject_rate_daily AS
SELECT a.account_name, a.sub_account, d.puid, d.algo, d.day AS day_utc, d.workers,
       d.mean AS mean_reject_rate, d.median AS median_reject_rate, d.p90 AS p90_reject_rate, d.highest AS highest_reject_rate,
       a.account_id
  FROM sync.reject_days d
  JOIN report.sub_accounts a ON a.puid = d.puid;

COMMENT ON VIEW report.reject_rate_daily IS 'Reject rates of the workers of each sub-account and algorithm by complete UTC day: median, 90th percentile and highest. As served; the unit is unclear.';
COMMENT ON COLUMN report.reject_rate_daily.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.reject_rate_daily.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN report.reject_rate_daily.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.reject_rate_daily.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.reject_rate_daily.day_utc IS 'The day, UTC.';
COMMENT ON COLUMN report.reject_rate_daily.workers IS 'Workers with a reject rate on that day.';
COMMENT ON COLUMN report.reject_rate_daily.mean_reject_rate IS 'Mean of these workers'' last rates.';
COMMENT ON COLUMN report.reject_rate_daily.median_reject_rate IS 'Median rate.';
COMMENT ON COLUMN report.reject_rate_daily.p90_reject_rate IS '90th percentile of the rate.';
COMMENT ON COLUMN report.reject_rate_daily.highest_reject_rate IS 'The highest rate.';
COMMENT ON COLUMN report.reject_rate_daily.account_id IS 'The account''s number in the schema pool.';
