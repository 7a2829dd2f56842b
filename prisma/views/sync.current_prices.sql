CREATE OR REPLACE VIEW sync.current_prices AS
SELECT currency, quote_currency, price_date, price, source, known_from AS imported_at, revised
  FROM sync.price_history
 WHERE known_to IS NULL;

COMMENT ON VIEW sync.current_prices IS 'The price in force for each currency and day.';
COMMENT ON COLUMN sync.current_prices.currency IS 'The currency that has the price.';
COMMENT ON COLUMN sync.current_prices.quote_currency IS 'The currency of the price.';
COMMENT ON COLUMN sync.current_prices.price_date IS 'The day, in the time zone of the reports.';
COMMENT ON COLUMN sync.current_prices.price IS 'Price of one unit.';
COMMENT ON COLUMN sync.current_prices.source IS 'Its source.';
COMMENT ON COLUMN sync.current_prices.imported_at IS 'When it was imported.';
COMMENT ON COLUMN sync.current_prices.revised IS 'How many earlier prices of that day it replaces.';
