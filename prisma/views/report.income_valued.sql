CREATE OR REPLACE VIEW report.income_valued AS
SELECT l.account_name, l.sub_account, l.puid, l.algo, l.currency, l.stream, l.type, l.mining_date, l.mined_at, l.settled_at,
       l.ordinal, l.amount, l.amount_text, l.status, d.day AS price_date, v.quote_currency,
       p.price, p.source AS price_source,
       trim_scale(l.amount * p.price) AS value, trim_scale(l.amount * p.price)::text AS value_text,
       l.row_id, l.account_id
  FROM report.income_ledger l
 CROSS JOIN sync.valuation v
 CROSS JOIN LATERAL (
   SELECT sync.price_date(v.basis, l.status, l.mined_at, l.settled_at, v.time_zone) AS day) AS d
  -- OFFSET 0 keeps this a look-up per item: otherwise a query for a few items would read all prices.
  LEFT JOIN LATERAL (
    SELECT c.price, c.source FROM sync.current_prices c
     WHERE c.currency = l.currency AND c.quote_currency = v.quote_currency AND c.price_date = d.day
    OFFSET 0) AS c ON true
 CROSS JOIN LATERAL (
   SELECT sync.unit_price(l.currency, v.quote_currency, c.price) AS price,
          CASE WHEN l.currency = v.quote_currency THEN 'the currency of the books' ELSE c.source END AS source) AS p;

COMMENT ON VIEW report.income_valued IS 'Every item of report.income_ledger at the price of its day (kpool prices import). Without a price, price and value are null, never 0.';
COMMENT ON COLUMN report.income_valued.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.income_valued.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN report.income_valued.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.income_valued.algo IS 'Algorithm, e.g. SHA256d.';
COMMENT ON COLUMN report.income_valued.currency IS 'Currency of the amount, e.g. BTC.';
COMMENT ON COLUMN report.income_valued.stream IS 'The pool''s list that contains the item: earnings or rewards.';
COMMENT ON COLUMN report.income_valued.type IS 'Type of the reward as the pool writes it; null for an earning.';
COMMENT ON COLUMN report.income_valued.mining_date IS 'Day on which it was mined, as in report.income_ledger.';
COMMENT ON COLUMN report.income_valued.mined_at IS 'The mining date as served, to the millisecond.';
COMMENT ON COLUMN report.income_valued.settled_at IS 'Settle time as served; null if none.';
COMMENT ON COLUMN report.income_valued.ordinal IS 'Distinguishes items with otherwise equal keys (0, 1, …).';
COMMENT ON COLUMN report.income_valued.amount IS 'Income in units of the currency, exact.';
COMMENT ON COLUMN report.income_valued.amount_text IS 'The amount as text, all digits.';
COMMENT ON COLUMN report.income_valued.status IS 'SETTLED: paid; WAIT_SETTLE: pending; or any other value the pool sends.';
COMMENT ON COLUMN report.income_valued.price_date IS 'The day whose price is used, in the reports'' time zone: the mining day (accrual) or the payment day (cash; null until it is settled).';
COMMENT ON COLUMN report.income_valued.quote_currency IS 'The currency of the books; null until it is set.';
COMMENT ON COLUMN report.income_valued.price IS 'Price of one unit on that day; null if none was imported.';
COMMENT ON COLUMN report.income_valued.price_source IS 'Source of the price.';
COMMENT ON COLUMN report.income_valued.value IS 'amount × price, exact; null without a price.';
COMMENT ON COLUMN report.income_valued.value_text IS 'The value as text, all digits.';
COMMENT ON COLUMN report.income_valued.row_id IS 'The item''s row id in exports and in kpool explain.';
COMMENT ON COLUMN report.income_valued.account_id IS 'The account''s number in the schema pool.';
