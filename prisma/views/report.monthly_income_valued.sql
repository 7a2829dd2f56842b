CREATE OR REPLACE VIEW report.monthly_income_valued AS
SELECT a.account_name, a.sub_account, d.puid, d.currency, d.month, d.quote_currency,
       d.amount, trim_scale(d.amount)::text AS amount_text,
       CASE WHEN d.unvalued_items = 0 THEN d.value END AS value,
       CASE WHEN d.unvalued_items = 0 THEN trim_scale(d.value)::text END AS value_text,
       d.items, d.unvalued_items, d.unvalued_amount, a.account_id
  FROM (SELECT puid, currency, date_trunc('month', price_date::timestamp)::date AS month, quote_currency,
               sum(amount) AS amount, trim_scale(sum(amount * price)) AS value, sum(items)::bigint AS items,
               coalesce(sum(items) FILTER (WHERE price IS NULL), 0)::bigint AS unvalued_items,
               coalesce(sum(amount) FILTER (WHERE price IS NULL), 0) AS unvalued_amount
          FROM sync.valued_days
         GROUP BY 1, 2, 3, 4) AS d
  JOIN report.sub_accounts a ON a.puid = d.puid;

COMMENT ON VIEW report.monthly_income_valued IS 'Income by month and its value, per sub-account and currency. If any item lacks a price, the month''s value is null, never 0, and the unvalued amount is shown.';
COMMENT ON COLUMN report.monthly_income_valued.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.monthly_income_valued.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN report.monthly_income_valued.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.monthly_income_valued.currency IS 'Currency of the amounts.';
COMMENT ON COLUMN report.monthly_income_valued.month IS 'First day of the month, in the reports'' time zone: the month of mining (accrual) or of the payment (cash).';
COMMENT ON COLUMN report.monthly_income_valued.quote_currency IS 'The currency of the values; null until it is chosen.';
COMMENT ON COLUMN report.monthly_income_valued.amount IS 'Income in units of the currency.';
COMMENT ON COLUMN report.monthly_income_valued.amount_text IS 'The same as text.';
COMMENT ON COLUMN report.monthly_income_valued.value IS 'Its value at the prices of its days; null if a price is missing.';
COMMENT ON COLUMN report.monthly_income_valued.value_text IS 'The same as text.';
COMMENT ON COLUMN report.monthly_income_valued.items IS 'Items of income.';
COMMENT ON COLUMN report.monthly_income_valued.unvalued_items IS 'Items without a price.';
COMMENT ON COLUMN report.monthly_income_valued.unvalued_amount IS 'Their sum, in units of the currency.';
COMMENT ON COLUMN report.monthly_income_valued.account_id IS 'The account''s number in the schema pool.';
