CREATE OR REPLACE VIEW report.settlement_delay AS
WITH delays AS (
  SELECT s.account_id, m.currency, m.month, m.state, m.delay_hours, sum(m.items) AS items, sum(m.seconds) AS seconds
    FROM sync.settlement_months m
    JOIN pool.sub_accounts s ON s.puid = m.puid
   GROUP BY s.account_id, m.currency, m.month, m.state, m.delay_hours
), ranked AS (
  SELECT *, sum(items) OVER (PARTITION BY account_id, currency, month, state ORDER BY delay_hours) AS up_to,
         sum(items) OVER (PARTITION BY account_id, currency, month, state) AS of_all
    FROM delays
)
SELECT a.account_name, r.currency, r.month AS month_utc,
       coalesce(sum(r.items) FILTER (WHERE r.state <> 'unsettled'), 0)::bigint AS settled_items,
       coalesce(sum(r.items) FILTER (WHERE r.state = 'unsettled'), 0)::bigint AS unsettled_items,
       coalesce(sum(r.items) FILTER (WHERE r.state = 'undated'), 0)::bigint AS undated_items,
       round(sum(r.seconds) FILTER (WHERE r.state = 'settled') / sum(r.items) FILTER (WHERE r.state = 'settled') / 86400, 2) AS mean_days,
       round(min(r.delay_hours) FILTER (WHERE r.state = 'settled' AND r.up_to >= 0.5 * r.of_all) / 24.0, 2) AS median_days,
       round(min(r.delay_hours) FILTER (WHERE r.state = 'settled' AND r.up_to >= 0.9 * r.of_all) / 24.0, 2) AS p90_days,
       round(max(r.delay_hours) FILTER (WHERE r.state = 'settled') / 24.0, 2) AS longest_days,
       r.account_id
  FROM ranked r
  JOIN pool.accounts a ON a.account_id = r.account_id
 GROUP BY a.account_name, r.account_id, r.currency, r.month;

COMMENT ON VIEW report.settlement_delay IS 'How long the pool takes to pay, by currency and mining month (UTC): days from the mining date to the settle time. Median, 90th percentile and longest are rounded up to the hour.';
COMMENT ON COLUMN report.settlement_delay.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.settlement_delay.currency IS 'Currency of the items, e.g. BTC.';
COMMENT ON COLUMN report.settlement_delay.month_utc IS 'First day of the month of mining, UTC: the month of mining_date.';
COMMENT ON COLUMN report.settlement_delay.settled_items IS 'Items the pool has paid.';
COMMENT ON COLUMN report.settlement_delay.unsettled_items IS 'Items the pool has not paid.';
COMMENT ON COLUMN report.settlement_delay.undated_items IS 'Part of settled_items without a settle time, whose delay is unknown.';
COMMENT ON COLUMN report.settlement_delay.mean_days IS 'Mean delay, in days.';
COMMENT ON COLUMN report.settlement_delay.median_days IS 'Median delay, in days.';
COMMENT ON COLUMN report.settlement_delay.p90_days IS '90th percentile of the delay, in days.';
COMMENT ON COLUMN report.settlement_delay.longest_days IS 'The longest delay in days.';
COMMENT ON COLUMN report.settlement_delay.account_id IS 'The account''s number in the schema pool.';
