import type { Sql, TransactionSql } from 'postgres';
import { KpoolError } from '../../core/errors';
import type { PriceEntry } from './price-file';

/** Rows per statement. */
const PRICE_BATCH_ROWS = 10_000;

export interface ImportOptions {
  readonly fileName: string;
  /** Replace stored prices that differ, instead of refusing the file. */
  readonly replace: boolean;
  /** Also import coins that are not in the ledger, instead of refusing the file. */
  readonly anyCoin: boolean;
}

export interface ImportResult {
  readonly added: number;
  readonly replaced: number;
  readonly unchanged: number;
}

/**
 * Imports a stream of prices, all or none, in batches. Repeating an import changes nothing. The first import sets the
 * currency of the books. Throws what reading the prices throws, and `usage.invalid`, naming the line, for two different prices
 * of one day, a coin that is not in the ledger, another currency than that of the books, and a price that differs from the
 * stored one.
 */
export async function importPrices(
  sql: Sql,
  entries: AsyncIterable<PriceEntry>,
  options: ImportOptions,
): Promise<ImportResult> {
  return sql.begin(async (tx) => {
    await tx`
      CREATE TEMPORARY TABLE imported (line int, currency text, quote_currency text, price_date date, price numeric, source text)
        ON COMMIT DROP`;
    let batch: PriceEntry[] = [];
    for await (const entry of entries) {
      batch.push(entry);
      if (batch.length < PRICE_BATCH_ROWS) continue;
      await stagePrices(tx, batch);
      batch = [];
    }
    await stagePrices(tx, batch);
    // Taken after the file has been read. A close fixes its prices under the exclusive form of this lock, so that prices
    // imported afterwards have later timestamps.
    await tx`SELECT sync.begin_ledger_commit()`;
    await tx`SELECT sync.lock('prices')`;
    await tx`ANALYZE imported`;
    await refuseTwoPrices(tx, options);
    await chooseQuoteCurrency(tx, options);
    if (!options.anyCoin) await refuseUnknownCoins(tx, options);
    if (!options.replace) await refuseConflicts(tx, options);
    const [counts] = await tx<{ days: number; added: number; replaced: number }[]>`
      WITH days AS MATERIALIZED (
        SELECT DISTINCT ON (currency, quote_currency, price_date) * FROM imported
         ORDER BY currency, quote_currency, price_date, line
      ), written AS (
        INSERT INTO book.prices (currency, quote_currency, price_date, price, source, imported_at, revised)
        SELECT i.currency, i.quote_currency, i.price_date, i.price, i.source, stamp.at, coalesce(c.revised + 1, 0)
          FROM (SELECT sync.ledger_stamp() AS at) AS stamp, days i
          LEFT JOIN sync.current_prices c USING (currency, quote_currency, price_date)
         WHERE c.price IS NULL OR c.price <> i.price
        RETURNING revised
      )
      SELECT count(*) FILTER (WHERE revised = 0)::int AS added, count(*) FILTER (WHERE revised > 0)::int AS replaced,
             (SELECT count(*)::int FROM days) AS days
        FROM written`;
    const { days = 0, added = 0, replaced = 0 } = counts ?? {};
    return { added, replaced, unchanged: days - added - replaced };
  });
}

async function stagePrices(tx: TransactionSql, batch: readonly PriceEntry[]): Promise<void> {
  await tx`
    INSERT INTO imported
    SELECT line, currency, "quoteCurrency", day, price, source
      FROM jsonb_to_recordset(${JSON.stringify(batch)}::text::jsonb)
        AS e (line int, currency text, "quoteCurrency" text, day date, price numeric, source text)`;
}

function refuseImport({ fileName }: ImportOptions, line: number, what: string, hint: string): KpoolError {
  return new KpoolError('usage.invalid', `Line ${line} of ${fileName}: ${what} Nothing was imported.`, {
    hint,
  });
}

async function refuseTwoPrices(tx: TransactionSql, options: ImportOptions): Promise<void> {
  const [second] = await tx<
    { line: number; currency: string; day: string; price: string; first: string; firstLine: number }[]
  >`
    SELECT line, currency, price_date::text AS day, trim_scale(price)::text AS price, trim_scale(first)::text AS first,
           first_line AS "firstLine"
      FROM (SELECT *, first_value(price) OVER same AS first, first_value(line) OVER same AS first_line
              FROM imported WINDOW same AS (PARTITION BY currency, quote_currency, price_date ORDER BY line)) AS i
     WHERE price <> first ORDER BY line LIMIT 1`;
  if (second === undefined) return;
  const { line, currency, day, price, first, firstLine } = second;
  throw new KpoolError(
    'usage.invalid',
    `Line ${line} of ${options.fileName}: ${currency} has two prices for ${day}: ${price} here, ${first} on line ${firstLine}. Nothing was imported.`,
  );
}

async function chooseQuoteCurrency(tx: TransactionSql, options: ImportOptions): Promise<void> {
  await tx`
    INSERT INTO book.settings (key, value)
    SELECT 'quote_currency', to_jsonb(quote_currency) FROM imported ORDER BY line LIMIT 1
        ON CONFLICT (key) DO NOTHING`;
  const [other] = await tx<{ line: number; quote: string; chosen: string }[]>`
    SELECT i.line, i.quote_currency AS quote, v.quote_currency AS chosen
      FROM imported i, sync.valuation v WHERE i.quote_currency <> v.quote_currency ORDER BY i.line LIMIT 1`;
  if (other === undefined) return;
  throw refuseImport(
    options,
    other.line,
    `the price is in ${other.quote}, but the books are in ${other.chosen}.`,
    'To change the currency of the books, while no month is closed: kpool prices use CURRENCY.',
  );
}

async function refuseUnknownCoins(tx: TransactionSql, options: ImportOptions): Promise<void> {
  const [unknown] = await tx<{ line: number; currency: string }[]>`
    SELECT line, currency FROM imported
     WHERE currency NOT IN (SELECT upper(currency) FROM sync.income_months) ORDER BY line LIMIT 1`;
  if (unknown === undefined) return;
  throw refuseImport(
    options,
    unknown.line,
    `the ledger has no income in ${unknown.currency}.`,
    'To import it anyway, pass --any-coin.',
  );
}

async function refuseConflicts(tx: TransactionSql, options: ImportOptions): Promise<void> {
  const [conflict] = await tx<
    { line: number; currency: string; day: string; price: string; known: string }[]
  >`
    SELECT i.line, i.currency, i.price_date::text AS day, trim_scale(i.price)::text AS price, trim_scale(c.price)::text AS known
      FROM imported i JOIN sync.current_prices c USING (currency, quote_currency, price_date)
     WHERE c.price <> i.price ORDER BY i.line LIMIT 1`;
  if (conflict === undefined) return;
  const { line, currency, day, price, known } = conflict;
  throw refuseImport(
    options,
    line,
    `${currency} already has the price ${known} on ${day}, but here it is ${price}.`,
    'To replace stored prices, pass --replace; the old ones are kept.',
  );
}
