-- Data from the user (prices, worker groups, settings of the reports) and the record of exports. A sync never changes it.

CREATE TABLE book.prices (
  currency       text NOT NULL,
  quote_currency text NOT NULL,
  price_date     date NOT NULL,
  price          numeric NOT NULL CHECK (price >= 0 AND price < 'infinity'),
  source         text NOT NULL,
  imported_at    timestamptz NOT NULL DEFAULT sync.now(),
  revised        integer NOT NULL DEFAULT 0 CHECK (revised >= 0),
  PRIMARY KEY (currency, quote_currency, price_date, revised)
);
CREATE TRIGGER prices_are_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON book.prices
  FOR EACH STATEMENT EXECUTE FUNCTION sync.refuse('Prices are never changed or deleted: a later one is added beside them.');
COMMENT ON TABLE book.prices IS 'The imported price of one unit of a currency by day. Append-only: the row of a day with the highest revised is in force.';
COMMENT ON COLUMN book.prices.currency IS 'The currency that has the price, e.g. BTC.';
COMMENT ON COLUMN book.prices.quote_currency IS 'The currency of the price, e.g. EUR.';
COMMENT ON COLUMN book.prices.price_date IS 'The day, in the time zone of the reports.';
COMMENT ON COLUMN book.prices.price IS 'Price of one unit, exact as imported.';
COMMENT ON COLUMN book.prices.source IS 'Where it comes from, as the person who imported it says.';
COMMENT ON COLUMN book.prices.imported_at IS 'When it was imported, by the clock of the ledger.';
COMMENT ON COLUMN book.prices.revised IS 'How many earlier prices of that day it replaces.';

CREATE TABLE book.worker_groups (
  prefix   text PRIMARY KEY,
  site     text,
  customer text,
  model    text
);
COMMENT ON TABLE book.worker_groups IS 'Groups of workers by name prefix; the longest matching prefix applies.';
COMMENT ON COLUMN book.worker_groups.prefix IS 'Prefix of the worker name.';
COMMENT ON COLUMN book.worker_groups.site IS 'Site of the machines.';
COMMENT ON COLUMN book.worker_groups.customer IS 'Customer who owns the machines.';
COMMENT ON COLUMN book.worker_groups.model IS 'Model of the machines.';

CREATE TABLE book.settings (
  key        text PRIMARY KEY,
  value      jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT sync.now()
);
COMMENT ON TABLE book.settings IS 'Settings of the reports.';
COMMENT ON COLUMN book.settings.key IS 'Name of the setting.';
COMMENT ON COLUMN book.settings.value IS 'Its value.';
COMMENT ON COLUMN book.settings.updated_at IS 'When it was last set.';

-- Which figures have been given out. An export's rows are not stored: they follow from its bounds and its instant, since
-- the ledger as of an instant never changes.
CREATE TABLE book.exports (
  export_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  exported_at   timestamptz NOT NULL DEFAULT sync.now(),
  format        text NOT NULL,
  file_type     text NOT NULL,
  period        text NOT NULL,
  from_at       timestamptz,
  to_at         timestamptz,
  basis         text NOT NULL CHECK (basis IN ('accrual', 'cash')),
  account_name  text,
  as_of         timestamptz NOT NULL,
  changes_since timestamptz,
  file_name     text NOT NULL,
  row_count     integer NOT NULL,
  sha256        text NOT NULL
);
CREATE TRIGGER exports_are_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON book.exports
  FOR EACH STATEMENT EXECUTE FUNCTION sync.refuse('Exports are only ever added.');
COMMENT ON TABLE book.exports IS 'Files that kpool export wrote, append-only. kpool explain says which of them held a row.';
COMMENT ON COLUMN book.exports.export_id IS 'Internal id of the export, in order.';
COMMENT ON COLUMN book.exports.exported_at IS 'When it was written.';
COMMENT ON COLUMN book.exports.format IS 'What reads it: statement, koinly, cointracker or journal.';
COMMENT ON COLUMN book.exports.file_type IS 'csv, xlsx, json, beancount, hledger, quickbooks or xero.';
COMMENT ON COLUMN book.exports.period IS 'A month (2026-10), a year (2026), or all.';
COMMENT ON COLUMN book.exports.from_at IS 'Start of the period, inclusive; null: the beginning.';
COMMENT ON COLUMN book.exports.to_at IS 'End of the period, exclusive; null: open.';
COMMENT ON COLUMN book.exports.basis IS 'accrual: items count when mined; cash: settled ones when paid.';
COMMENT ON COLUMN book.exports.account_name IS 'The only account in it; null: all of them.';
COMMENT ON COLUMN book.exports.as_of IS 'The ledger as of this instant is in it.';
COMMENT ON COLUMN book.exports.changes_since IS 'Only what changed since this instant is in it; null: everything.';
COMMENT ON COLUMN book.exports.file_name IS 'Name of the file, without its folder.';
COMMENT ON COLUMN book.exports.row_count IS 'Rows of the ledger in it.';
COMMENT ON COLUMN book.exports.sha256 IS 'SHA-256 of the file, as in its manifest.';
