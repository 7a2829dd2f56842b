CREATE OR REPLACE VIEW report.missing_prices AS
SELECT currency, quote_currency, price_date, sum(items)::bigint AS items, sum(amount) AS amount,
       trim_scale(sum(amount))::text AS amount_text
  FROM sync.valued_days
 WHERE price IS NULL
 GROUP BY currency, quote_currency, price_date;

COMMENT ON VIEW report.missing_prices IS 'Days with income but no price, by currency, over all accounts.';
COMMENT ON COLUMN report.missing_prices.currency IS 'The currency that lacks a price.';
COMMENT ON COLUMN report.missing_prices.quote_currency IS 'The currency of the books; null until it is set.';
COMMENT ON COLUMN report.missing_prices.price_date IS 'The day, in the time zone of the reports.';
COMMENT ON COLUMN report.missing_prices.items IS 'Items of income of that day.';
COMMENT ON COLUMN report.missing_prices.amount IS 'Their sum, in units of the currency.';
COMMENT ON COLUMN report.missing_prices.amount_text IS 'The same as text.';
