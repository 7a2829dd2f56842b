CREATE OR REPLACE VIEW report.settlement_delay AS
SELECT l.account_name, l.currency, date_trunc('month', l.mining_date::timestamp)::date AS month,
       count(*) FILTER (WHERE l.status = 'SETTLED') AS settled_items,
       count(*) FILTER (WHERE l.status <> 'SETTLED') AS unsettled_items,
       count(*) FILTER (WHERE l.status = 'SETTLED' AND l.settled_at IS NULL) AS undated_items,
       round((avg(d.days) FILTER (WHERE l.status = 'SETTLED'))::numeric, 2) AS mean_days,
       round((percentile_cont(0.5) WITHIN GROUP (ORDER BY d.days) FILTER (WHERE l.status = 'SETTLED'))::numeric, 2) AS median_days,
       round((max(d.days) FILTER (WHERE l.status = 'SETTLED'))::numeric, 2) AS longest_days,
       l.account_id
  FROM report.income_ledger l
 CROSS JOIN LATERAL (SELECT extract(epoch FROM l.settled_at - l.mined_at)::float8 / 86400 AS days) AS d
 GROUP BY l.account_name, l.account_id, l.currency, date_trunc('month', l.mining_date::timestamp)::date;

COMMENT ON VIEW report.settlement_delay IS 'How long the pool takes to pay, by currency and mining month: days from the mining date to the settle time, as the pool gives both.';
COMMENT ON COLUMN report.settlement_delay.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.settlement_delay.currency IS 'Currency of the amounts, e.g. BTC.';
COMMENT ON COLUMN report.settlement_delay.month IS 'First day of the month of mining, UTC.';
COMMENT ON COLUMN report.settlement_delay.settled_items IS 'Items that are settled.';
COMMENT ON COLUMN report.settlement_delay.unsettled_items IS 'Items that are not.';
COMMENT ON COLUMN report.settlement_delay.undated_items IS 'Settled items without a settle time.';
COMMENT ON COLUMN report.settlement_delay.mean_days IS 'Mean delay of settled items, days.';
COMMENT ON COLUMN report.settlement_delay.median_days IS 'Median delay, days.';
COMMENT ON COLUMN report.settlement_delay.longest_days IS 'Longest delay, days.';
COMMENT ON COLUMN report.settlement_delay.account_id IS 'The account''s number in the schema pool.';
