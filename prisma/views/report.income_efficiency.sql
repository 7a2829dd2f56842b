CREATE OR REPLACE VIEW report.income_efficiency AS
WITH days AS (
  -- The pool gives the rate of the day with each earning; several earnings of a day are one day's work.
  SELECT puid, algo, currency, mining_date, sum(amount) AS income, avg(hash_rate_hps) AS hash_rate_hps
    FROM pool.earnings
   WHERE withdrawn_at IS NULL AND hash_rate_hps > 0
   GROUP BY puid, algo, currency, mining_date
), measured AS (
  SELECT d.*, s.account_id,
         sum(income) OVER account_day * 1e15 / sum(hash_rate_hps) OVER account_day AS account_income_per_phs_day
    FROM days d
    JOIN pool.sub_accounts s ON s.puid = d.puid
  WINDOW account_day AS (PARTITION BY s.account_id, d.algo, d.currency, d.mining_date)
)
SELECT a.account_name, a.sub_account, m.puid, m.algo, m.currency, m.mining_date,
       m.income, trim_scale(m.income)::text AS income_text, m.hash_rate_hps,
       round(m.income * 1e15 / m.hash_rate_hps, 18) AS income_per_phs_day,
       round(m.account_income_per_phs_day, 18) AS account_income_per_phs_day,
       round(t.income_per_phs_day, 18) AS trend_income_per_phs_day,
       round(m.income * 1e15 / m.hash_rate_hps / nullif(m.account_income_per_phs_day, 0), 4) AS against_account,
       round(m.income * 1e15 / m.hash_rate_hps / nullif(t.income_per_phs_day, 0), 4) AS against_trend,
       m.account_id
  FROM measured m
  JOIN report.sub_accounts a ON a.puid = m.puid
 CROSS JOIN LATERAL (
   SELECT sum(b.income) * 1e15 / sum(b.hash_rate_hps) AS income_per_phs_day
     FROM (SELECT sum(e.amount) AS income, avg(e.hash_rate_hps) AS hash_rate_hps
             FROM pool.earnings e
            WHERE e.puid = m.puid AND e.algo = m.algo AND e.currency = m.currency
              AND e.mining_date BETWEEN m.mining_date - 30 AND m.mining_date - 1
              AND e.withdrawn_at IS NULL AND e.hash_rate_hps > 0
            GROUP BY e.mining_date) AS b) AS t;

COMMENT ON VIEW report.income_efficiency IS 'Earnings per unit of hashrate and day, beside those of the whole account on that day and the 30 days before. A sub-account well below 1 earns less than its machines should.';
COMMENT ON COLUMN report.income_efficiency.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.income_efficiency.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.income_efficiency.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.income_efficiency.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.income_efficiency.currency IS 'Currency of the amounts, e.g. BTC.';
COMMENT ON COLUMN report.income_efficiency.mining_date IS 'The pool''s day of mining: the day of miningDate in UTC, whatever the time zone of the reports.';
COMMENT ON COLUMN report.income_efficiency.income IS 'Earnings of the day for which the pool gives a hashrate.';
COMMENT ON COLUMN report.income_efficiency.income_text IS 'The income as text, digit for digit.';
COMMENT ON COLUMN report.income_efficiency.hash_rate_hps IS 'Hashrate of the day, H/s.';
COMMENT ON COLUMN report.income_efficiency.income_per_phs_day IS 'Income per PH/s (1e15 H/s) and day.';
COMMENT ON COLUMN report.income_efficiency.account_income_per_phs_day IS 'The same for all sub-accounts of the account together, on that day.';
COMMENT ON COLUMN report.income_efficiency.trend_income_per_phs_day IS 'The same for this sub-account over the 30 days before; null on its first day.';
COMMENT ON COLUMN report.income_efficiency.against_account IS 'income_per_phs_day over account_income_per_phs_day: 1 is like the others.';
COMMENT ON COLUMN report.income_efficiency.against_trend IS 'income_per_phs_day over trend_income_per_phs_day: 1 is as before.';
COMMENT ON COLUMN report.income_efficiency.account_id IS 'The account''s number in the schema pool.';
