CREATE OR REPLACE VIEW report.income_efficiency AS
SELECT m.account_name, m.sub_account, m.puid, m.algo, m.currency, m.mining_date,
       m.income, trim_scale(m.income)::text AS income_text,
       m.hash_rate_hps, round(m.hash_rate_hps / 1e12, 6) AS hash_rate_ths,
       round(m.income * 1e15 / m.hash_rate_hps, 18) AS income_per_phs_day,
       round(m.account_income_per_phs_day, 18) AS account_income_per_phs_day,
       round(t.income_per_phs_day, 18) AS trend_income_per_phs_day,
       round(m.income * 1e15 / m.hash_rate_hps / nullif(m.account_income_per_phs_day, 0), 4) AS against_account,
       round(m.income * 1e15 / m.hash_rate_hps / nullif(t.income_per_phs_day, 0), 4) AS against_trend,
       m.account_id
  FROM (SELECT d.puid, d.algo, d.currency, d.mining_date, d.income, d.hash_rate_hps,
               a.account_name, a.sub_account, a.account_id,
               sum(d.income) OVER account_day * 1e15 / sum(d.hash_rate_hps) OVER account_day AS account_income_per_phs_day
          FROM sync.mined_day_rates d
          JOIN report.sub_accounts a ON a.puid = d.puid
         WHERE d.hash_rate_hps > 0
        -- The day comes first: the index by day delivers rows in this order, so that a query with LIMIT sorts only some days.
        WINDOW account_day AS (PARTITION BY d.mining_date, a.account_id, d.algo, d.currency)) AS m
  LEFT JOIN LATERAL (
    SELECT sum(b.income) * 1e15 / sum(b.hash_rate_hps) AS income_per_phs_day
      FROM sync.mined_day_rates b
     WHERE b.puid = m.puid AND b.algo = m.algo AND b.currency = m.currency
       AND b.mining_date BETWEEN m.mining_date - 30 AND m.mining_date - 1 AND b.hash_rate_hps > 0) AS t ON true;

COMMENT ON VIEW report.income_efficiency IS 'Mining income per unit of hashrate and day, compared with the whole account on that day and with the 30 days before. Includes earnings, and mining and merged-mining income that only rewards list. A sub-account well below 1 earns less than its machines should.';
COMMENT ON COLUMN report.income_efficiency.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.income_efficiency.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN report.income_efficiency.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.income_efficiency.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.income_efficiency.currency IS 'Currency of the income, e.g. BTC.';
COMMENT ON COLUMN report.income_efficiency.mining_date IS 'The pool''s mining day: the UTC day of miningDate, regardless of the reports'' time zone.';
COMMENT ON COLUMN report.income_efficiency.income IS 'Mining income of that day: earnings, and rewards of type MINING_EARN and UNITE_COIN_EARN that count as income.';
COMMENT ON COLUMN report.income_efficiency.income_text IS 'The same as text, all digits.';
COMMENT ON COLUMN report.income_efficiency.hash_rate_hps IS 'Hashrate of the day, as served with the income, H/s; if none is served with a coin, that of the day''s other coins.';
COMMENT ON COLUMN report.income_efficiency.hash_rate_ths IS 'The same in TH/s, to 6 decimals.';
COMMENT ON COLUMN report.income_efficiency.income_per_phs_day IS 'Income per PH/s and day.';
COMMENT ON COLUMN report.income_efficiency.account_income_per_phs_day IS 'The same for all sub-accounts of the account on that day.';
COMMENT ON COLUMN report.income_efficiency.trend_income_per_phs_day IS 'The same for the sub-account over the 30 days before.';
COMMENT ON COLUMN report.income_efficiency.against_account IS 'income_per_phs_day / account_income_per_phs_day: 1 is average.';
COMMENT ON COLUMN report.income_efficiency.against_trend IS 'income_per_phs_day / trend_income_per_phs_day: 1 is unchanged.';
COMMENT ON COLUMN report.income_efficiency.account_id IS 'The account''s number in the schema pool.';
