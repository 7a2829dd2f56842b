CREATE OR REPLACE VIEW sync.latest_sub_account_totals AS
-- Jumps along the primary key from the latest sample of one sub-account and currency to that of the next, without reading
-- the samples between.
WITH RECURSIVE latest AS (
  (SELECT puid, currency, observed_at, amount
     FROM pool.sub_account_income_samples
    ORDER BY puid DESC, currency DESC, observed_at DESC LIMIT 1)
   UNION ALL
  SELECT n.puid, n.currency, n.observed_at, n.amount
    FROM latest l
   CROSS JOIN LATERAL (
     SELECT * FROM pool.sub_account_income_samples
      WHERE (puid, currency) < (l.puid, l.currency)
      ORDER BY puid DESC, currency DESC, observed_at DESC LIMIT 1) AS n
)
SELECT s.account_id, l.puid, l.currency, l.observed_at, l.amount,
       -- One total may end in zeros by chance, so the number of decimals is taken from all totals of the currency.
       max(scale(trim_scale(l.amount))) OVER (PARTITION BY s.account_id, l.currency) AS digits
  FROM latest l
  JOIN pool.sub_accounts s ON s.puid = l.puid;

COMMENT ON VIEW sync.latest_sub_account_totals IS 'The pool''s latest total of each sub-account''s accumulated income, by currency.';
COMMENT ON COLUMN sync.latest_sub_account_totals.account_id IS 'The account: pool.accounts.';
COMMENT ON COLUMN sync.latest_sub_account_totals.puid IS 'Sub-account id.';
COMMENT ON COLUMN sync.latest_sub_account_totals.currency IS 'Currency of the total.';
COMMENT ON COLUMN sync.latest_sub_account_totals.observed_at IS 'When the pool reported it.';
COMMENT ON COLUMN sync.latest_sub_account_totals.amount IS 'The total.';
COMMENT ON COLUMN sync.latest_sub_account_totals.digits IS 'Number of decimals in the pool''s totals of this currency.';
