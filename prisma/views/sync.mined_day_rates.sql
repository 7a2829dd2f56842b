CREATE OR REPLACE VIEW sync.mined_day_rates AS
-- Two branches instead of coalesce(): for most days the rate is then a plain column, of which the planner has statistics.
SELECT d.puid, d.algo, d.mining_date, d.currency, d.income, d.served_hps AS hash_rate_hps
  FROM sync.mined_days d
 WHERE d.served_hps IS NOT NULL
 UNION ALL
SELECT d.puid, d.algo, d.mining_date, d.currency, d.income,
       (SELECT max(o.served_hps) FROM sync.mined_days o
         WHERE o.puid = d.puid AND o.algo = d.algo AND o.mining_date = d.mining_date)
  FROM sync.mined_days d
 WHERE d.served_hps IS NULL;

COMMENT ON VIEW sync.mined_day_rates IS 'sync.mined_days, with the hashrate that earned each.';
COMMENT ON COLUMN sync.mined_day_rates.puid IS 'Sub-account id.';
COMMENT ON COLUMN sync.mined_day_rates.algo IS 'Algorithm.';
COMMENT ON COLUMN sync.mined_day_rates.mining_date IS 'The pool''s day of mining, UTC.';
COMMENT ON COLUMN sync.mined_day_rates.currency IS 'Currency of the income.';
COMMENT ON COLUMN sync.mined_day_rates.income IS 'Earnings, and rewards of mining and merged mining that count as income.';
COMMENT ON COLUMN sync.mined_day_rates.hash_rate_hps IS 'Hashrate that the pool serves with it, H/s; if none, that of the day''s other coins.';
