import type { Sql, TransactionSql } from 'postgres';
import { KpoolError } from '../../core/errors';
import type { PriceEntry } from './price-file';

/** Rows a statement. */
const BATCH = 10_000;

export interface ImportOptions {
  readonly fileName: string;
  /** Prices that differ from those that are there replace them; else they are refused. */
  readonly replace: boolean;
  /** Coins that the ledger does not hold are imported, too; else they are refused. */
  readonly anyCoin: boolean;
}

export interface ImportResult {
  readonly added: number;
  readonly replaced: number;
  readonly unchanged: number;
}

/**
 * Imports prices, all or none; the same again changes nothing. The first import chooses the currency of the books.
 * Throws `usage.invalid`, one sentence with the line, for a coin that the ledger does not hold, another currency than that
 * of the books, and a price that differs from the one that is there.
 */
export async function importPrices(
  sql: Sql,
  entries: readonly PriceEntry[],
  options: ImportOptions,
): Promise<ImportResult> {
  return sql.begin(async (tx) => {
    // A close fixes its prices under the exclusive form of this lock: what is imported later is stamped later.
    await tx`SELECT sync.begin_ledger_commit()`;
    await tx`SELECT sync.lock('prices')`;
    await chooseQuoteCurrency(tx, entries, options);
    await tx`
      CREATE TEMPORARY TABLE imported (line int, currency text, quote_currency text, price_date date, price numeric, source text)
        ON COMMIT DROP`;
    for (let start = 0; start < entries.length; start += BATCH) {
      const batch = JSON.stringify(entries.slice(start, start + BATCH));
      await tx`
        INSERT INTO imported
        SELECT line, currency, "quoteCurrency", day, price, source
          FROM jsonb_to_recordset(${batch}::text::jsonb)
            AS e (line int, currency text, "quoteCurrency" text, day date, price numeric, source text)`;
    }
    await tx`ANALYZE imported`;
    if (!options.anyCoin) await refuseUnknownCoins(tx, options);
    if (!options.replace) await refuseConflicts(tx, options);
    const [counts] = await tx<{ added: number; replaced: number }[]>`
      WITH written AS (
        INSERT INTO book.prices (currency, quote_currency, price_date, price, source, imported_at, revised)
        SELECT i.currency, i.quote_currency, i.price_date, i.price, i.source, stamp.at, coalesce(c.revised + 1, 0)
          FROM (SELECT sync.ledger_stamp() AS at) AS stamp, imported i
          LEFT JOIN sync.current_prices c USING (currency, quote_currency, price_date)
         WHERE c.price IS NULL OR c.price <> i.price
        RETURNING revised
      )
      SELECT count(*) FILTER (WHERE revised = 0)::int AS added, count(*) FILTER (WHERE revised > 0)::int AS replaced FROM written`;
    const { added = 0, replaced = 0 } = counts ?? {};
    return { added, replaced, unchanged: entries.length - added - replaced };
  });
}

function refuse({ fileName }: ImportOptions, line: number, what: string, hint: string): KpoolError {
  return new KpoolError('usage.invalid', `Line ${line} of ${fileName}: ${what} Nothing was imported.`, {
    hint,
  });
}

async function chooseQuoteCurrency(
  tx: TransactionSql,
  entries: readonly PriceEntry[],
  options: ImportOptions,
): Promise<void> {
  const [first] = entries;
  if (first === undefined) return;
  await tx`
    INSERT INTO book.settings (key, value) VALUES ('quote_currency', to_jsonb(${first.quoteCurrency}::text))
        ON CONFLICT (key) DO NOTHING`;
  const [chosen] = await tx<{ quote: string }[]>`SELECT quote_currency AS quote FROM sync.valuation`;
  const other = entries.find(({ quoteCurrency }) => quoteCurrency !== chosen?.quote);
  if (other === undefined) return;
  throw refuse(
    options,
    other.line,
    `the price is in ${other.quoteCurrency}, and the books are in ${chosen?.quote ?? ''}.`,
    'kpool prices use CURRENCY changes the currency of the books while no month is closed.',
  );
}

async function refuseUnknownCoins(tx: TransactionSql, options: ImportOptions): Promise<void> {
  const [unknown] = await tx<{ line: number; currency: string }[]>`
    SELECT line, currency FROM imported
     WHERE currency NOT IN (SELECT upper(currency) FROM sync.income_months) ORDER BY line LIMIT 1`;
  if (unknown === undefined) return;
  throw refuse(
    options,
    unknown.line,
    `the ledger holds no income in ${unknown.currency}.`,
    'Import prices of any coin with --any-coin.',
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
  throw refuse(
    options,
    line,
    `${currency} has the price ${known} on ${day} already, and here ${price}.`,
    'Replace what differs with --replace; what it was before is kept.',
  );
}
