CREATE OR REPLACE VIEW sync.price_history AS
SELECT currency, quote_currency, price_date, price, source, revised, imported_at AS known_from,
       -- Until the first of all later imports, should the clock have been set back between two of them.
       min(imported_at) OVER (PARTITION BY currency, quote_currency, price_date ORDER BY revised
                              ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS known_to
  FROM book.prices;

COMMENT ON VIEW sync.price_history IS 'Every imported price of a currency and day, and when it was in force: at any instant, at most one is. Every valuation reads prices here.';
COMMENT ON COLUMN sync.price_history.currency IS 'The currency that has the price.';
COMMENT ON COLUMN sync.price_history.quote_currency IS 'The currency of the price.';
COMMENT ON COLUMN sync.price_history.price_date IS 'The day, in the time zone of the reports.';
COMMENT ON COLUMN sync.price_history.price IS 'Price of one unit.';
COMMENT ON COLUMN sync.price_history.source IS 'Where it comes from.';
COMMENT ON COLUMN sync.price_history.revised IS 'How many earlier prices of that day it replaces.';
COMMENT ON COLUMN sync.price_history.known_from IS 'When it was imported: in force from then on, inclusive.';
COMMENT ON COLUMN sync.price_history.known_to IS 'When a later one was imported: in force until then, exclusive; null while it still is.';
