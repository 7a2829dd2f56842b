CREATE OR REPLACE FUNCTION sync.unit_price(currency text, quote_currency text, imported numeric) RETURNS numeric
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN currency = quote_currency THEN 1 ELSE imported END;

COMMENT ON FUNCTION sync.unit_price(text, text, numeric) IS 'The price of one unit in the currency of the books: 1 for that currency itself, otherwise the imported price; null without one.';
