CREATE OR REPLACE VIEW sync.latest_account_totals AS
WITH RECURSIVE latest AS (
  (SELECT account_id, currency, observed_at, amount
     FROM pool.account_income_samples
    ORDER BY account_id DESC, currency DESC, observed_at DESC LIMIT 1)
   UNION ALL
  SELECT n.account_id, n.currency, n.observed_at, n.amount
    FROM latest l
   CROSS JOIN LATERAL (
     SELECT * FROM pool.account_income_samples
      WHERE (account_id, currency) < (l.account_id, l.currency)
      ORDER BY account_id DESC, currency DESC, observed_at DESC LIMIT 1) AS n
)
SELECT account_id, currency, observed_at, amount, scale(trim_scale(amount)) AS digits FROM latest;

COMMENT ON VIEW sync.latest_account_totals IS 'The pool''s latest total of each account''s accumulated income, by currency.';
COMMENT ON COLUMN sync.latest_account_totals.account_id IS 'The account: pool.accounts.';
COMMENT ON COLUMN sync.latest_account_totals.currency IS 'Currency of the total.';
COMMENT ON COLUMN sync.latest_account_totals.observed_at IS 'When the pool reported it.';
COMMENT ON COLUMN sync.latest_account_totals.amount IS 'The total.';
COMMENT ON COLUMN sync.latest_account_totals.digits IS 'Number of decimals in it.';
