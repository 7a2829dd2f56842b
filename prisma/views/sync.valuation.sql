CREATE OR REPLACE VIEW sync.valuation AS
SELECT (SELECT value #>> '{}' FROM book.settings WHERE key = 'quote_currency') AS quote_currency,
       coalesce((SELECT value #>> '{}' FROM book.settings WHERE key = 'valuation_basis'), 'accrual') AS basis,
       time_zone
  FROM sync.report_zone;

COMMENT ON VIEW sync.valuation IS 'How income is valued (kpool prices use); one row.';
COMMENT ON COLUMN sync.valuation.quote_currency IS 'The currency of the books; null until the first prices are imported.';
COMMENT ON COLUMN sync.valuation.basis IS 'accrual: at the price of the mining day; cash: at that of the payment day.';
COMMENT ON COLUMN sync.valuation.time_zone IS 'The time zone of price days: that of the reports.';
