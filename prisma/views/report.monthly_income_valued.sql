CREATE OR REPLACE VIEW report.monthly_income_valued AS
SELECT account_name, sub_account, puid, currency, date_trunc('month', price_date::timestamp)::date AS month,
       quote_currency, sum(amount) AS amount, trim_scale(sum(amount))::text AS amount_text,
       CASE WHEN count(*) = count(value) THEN sum(value) END AS value,
       CASE WHEN count(*) = count(value) THEN trim_scale(sum(value))::text END AS value_text,
       count(*) AS items, count(*) FILTER (WHERE value IS NULL) AS unvalued_items,
       coalesce(sum(amount) FILTER (WHERE value IS NULL), 0) AS unvalued_amount, account_id
  FROM report.income_valued
 WHERE price_date IS NOT NULL
 GROUP BY account_name, sub_account, puid, currency, date_trunc('month', price_date::timestamp), quote_currency, account_id;

COMMENT ON VIEW report.monthly_income_valued IS 'Income by month and its value, per sub-account and currency. A month in which one item lacks a price has no value (null, never 0), and says how much is unvalued.';
COMMENT ON COLUMN report.monthly_income_valued.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.monthly_income_valued.sub_account IS 'Name of the sub-account; its id where the pool gives no name.';
COMMENT ON COLUMN report.monthly_income_valued.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.monthly_income_valued.currency IS 'Currency of the amounts.';
COMMENT ON COLUMN report.monthly_income_valued.month IS 'First day of the month, in the zone of the reports: of mining (accrual) or of the payment (cash).';
COMMENT ON COLUMN report.monthly_income_valued.quote_currency IS 'The currency of the values; null until it is chosen.';
COMMENT ON COLUMN report.monthly_income_valued.amount IS 'Income in units of the currency.';
COMMENT ON COLUMN report.monthly_income_valued.amount_text IS 'The same as text.';
COMMENT ON COLUMN report.monthly_income_valued.value IS 'What it was worth at the prices of its days; null where one of them is missing.';
COMMENT ON COLUMN report.monthly_income_valued.value_text IS 'The same as text.';
COMMENT ON COLUMN report.monthly_income_valued.items IS 'Items of income.';
COMMENT ON COLUMN report.monthly_income_valued.unvalued_items IS 'Those without a price.';
COMMENT ON COLUMN report.monthly_income_valued.unvalued_amount IS 'What those come to, in units of the currency.';
COMMENT ON COLUMN report.monthly_income_valued.account_id IS 'The account''s number in the schema pool.';
