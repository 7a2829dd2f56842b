CREATE OR REPLACE VIEW report.value_changes AS
WITH closed AS (
  SELECT month, closed_at, next_at FROM sync.close_spans
), revalued AS (
  -- Prices imported for a month after it was closed, each with the price that it replaced.
  SELECT p.currency, p.quote_currency, p.price_date, p.price, p.imported_at, p.source, c.month, c.closed_at, c.next_at,
         (SELECT o.price FROM book.prices o
           WHERE o.currency = p.currency AND o.quote_currency = p.quote_currency AND o.price_date = p.price_date
             AND o.revised = p.revised - 1) AS price_before
    FROM book.prices p
    JOIN closed c ON p.price_date >= c.month AND p.price_date < (c.month + interval '1 month')::date
                 AND p.imported_at > c.closed_at AND (c.next_at IS NULL OR p.imported_at <= c.next_at)
    JOIN sync.valuation v ON v.quote_currency = p.quote_currency
), amounts AS (
  -- The day's amount as of the close. Later changes of the amount are adjustments of their own (report.income_changes).
  SELECT r.*, i.puid, sum(i.amount) AS amount
    FROM revalued r
   CROSS JOIN sync.valuation v
   CROSS JOIN LATERAL sync.income_items_as_of(r.closed_at) AS i
   WHERE i.currency = r.currency AND i.source <> 'left out'
     AND sync.price_date(v.basis, i.status, i.mined_at, i.settled_at, v.time_zone) = r.price_date
   GROUP BY r.currency, r.quote_currency, r.price_date, r.price, r.imported_at, r.source, r.month, r.closed_at, r.next_at, r.price_before, i.puid
)
SELECT s.account_name, s.sub_account, a.puid, a.currency, a.month, a.price_date, a.quote_currency, a.imported_at AS known_at,
       a.amount, trim_scale(a.amount)::text AS amount_text, a.price_before, a.price AS price_after,
       trim_scale(a.amount * a.price_before) AS value_before, trim_scale(a.amount * a.price_before)::text AS value_before_text,
       trim_scale(a.amount * a.price) AS value_after, trim_scale(a.amount * a.price)::text AS value_after_text,
       trim_scale(a.amount * (a.price - coalesce(a.price_before, 0))) AS change,
       trim_scale(a.amount * (a.price - coalesce(a.price_before, 0)))::text AS change_text,
       a.source AS price_source, a.closed_at, a.next_at AS superseded_at, s.account_id
  FROM amounts a
  JOIN report.sub_accounts s ON s.puid = a.puid;

COMMENT ON VIEW report.value_changes IS 'Changes of value from prices imported after a month was closed. The month keeps the prices of its close; the change is an adjustment.';
COMMENT ON COLUMN report.value_changes.account_name IS 'The account, as named in the configuration.';
COMMENT ON COLUMN report.value_changes.sub_account IS 'Name of the sub-account; its id if the pool gives no name.';
COMMENT ON COLUMN report.value_changes.puid IS 'Sub-account id.';
COMMENT ON COLUMN report.value_changes.currency IS 'The currency whose price changed.';
COMMENT ON COLUMN report.value_changes.month IS 'First day of the closed month whose value changed.';
COMMENT ON COLUMN report.value_changes.price_date IS 'The day of the price, in the zone of the reports.';
COMMENT ON COLUMN report.value_changes.quote_currency IS 'The currency of the values.';
COMMENT ON COLUMN report.value_changes.known_at IS 'When the price was imported.';
COMMENT ON COLUMN report.value_changes.amount IS 'Income of that day when the month was closed, in units of the currency.';
COMMENT ON COLUMN report.value_changes.amount_text IS 'The same as text.';
COMMENT ON COLUMN report.value_changes.price_before IS 'The price before; null if there was none.';
COMMENT ON COLUMN report.value_changes.price_after IS 'The price afterwards.';
COMMENT ON COLUMN report.value_changes.value_before IS 'The value before; null if there was no price.';
COMMENT ON COLUMN report.value_changes.value_before_text IS 'The same as text.';
COMMENT ON COLUMN report.value_changes.value_after IS 'The value afterwards.';
COMMENT ON COLUMN report.value_changes.value_after_text IS 'The same as text.';
COMMENT ON COLUMN report.value_changes.change IS 'The adjustment; the whole value if there was none before.';
COMMENT ON COLUMN report.value_changes.change_text IS 'The same as text.';
COMMENT ON COLUMN report.value_changes.price_source IS 'Source of the price.';
COMMENT ON COLUMN report.value_changes.closed_at IS 'The instant as of which the month was closed.';
COMMENT ON COLUMN report.value_changes.superseded_at IS 'When the month was reopened or closed again, so that its own figure includes the change; null: the adjustment stands.';
COMMENT ON COLUMN report.value_changes.account_id IS 'The account''s number in the schema pool.';
