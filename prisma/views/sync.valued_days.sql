CREATE OR REPLACE VIEW sync.valued_days AS
-- All income of a day has the same price, so amounts may be summed before they are multiplied: the result is exact.
SELECT d.puid, d.currency, d.price_date, d.amount, d.items, v.quote_currency,
       sync.unit_price(d.currency, v.quote_currency, p.price) AS price
  FROM sync.valuation v
 CROSS JOIN LATERAL (
   SELECT puid, currency, day AS price_date, settled + pending + other AS amount, items FROM sync.income_by_day
    WHERE v.basis = 'accrual' AND items > 0
    UNION ALL
   SELECT puid, currency, day, paid, paid_items FROM sync.income_by_day
    WHERE v.basis <> 'accrual' AND paid_items > 0
    UNION ALL
   -- Settled without a settle time counts as paid when mined.
   SELECT puid, currency, sync.day_of(mined_at, v.time_zone), amount, 1 FROM report.income_ledger
    WHERE v.basis <> 'accrual' AND status = 'SETTLED' AND settled_at IS NULL) AS d
  LEFT JOIN sync.current_prices p
         ON p.currency = d.currency AND p.quote_currency = v.quote_currency AND p.price_date = d.price_date;

COMMENT ON VIEW sync.valued_days IS 'Income by day with the price that values it: of the mining day (accrual) or the settle day (cash). On the cash basis, unsettled income has no value.';
COMMENT ON COLUMN sync.valued_days.puid IS 'Sub-account id.';
COMMENT ON COLUMN sync.valued_days.currency IS 'Currency of the amount.';
COMMENT ON COLUMN sync.valued_days.price_date IS 'The day whose price is used, in the reports'' time zone.';
COMMENT ON COLUMN sync.valued_days.amount IS 'Income.';
COMMENT ON COLUMN sync.valued_days.items IS 'Items of income.';
COMMENT ON COLUMN sync.valued_days.quote_currency IS 'Currency of the books; null when none is set.';
COMMENT ON COLUMN sync.valued_days.price IS 'Price of the currency in the currency of the books; null if there is none.';
