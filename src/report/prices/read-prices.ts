import type { Sql } from 'postgres';
import { KpoolError } from '../../core/errors';

/** The stored prices of one coin. */
export interface PriceSpan {
  readonly currency: string;
  readonly quoteCurrency: string;
  readonly days: number;
  readonly from: string;
  readonly to: string;
  readonly replaced: number;
  readonly sources: string;
}

/** A day with income but no price; the amount is that day's income, an exact decimal text. */
export interface MissingPrice {
  readonly currency: string;
  readonly quoteCurrency: string | null;
  readonly day: string;
  readonly items: number;
  readonly amount: string;
}

/** The day on which an item is valued. */
export type ValuationBasis = 'accrual' | 'cash';

/** What is in force, by currency. */
export async function readPriceSpans(sql: Sql): Promise<readonly PriceSpan[]> {
  return sql<PriceSpan[]>`
    SELECT currency, quote_currency AS "quoteCurrency", count(*)::int AS days, min(price_date)::text AS from,
           max(price_date)::text AS to, sum(revised)::int AS replaced, string_agg(DISTINCT source, ', ') AS sources
      FROM sync.current_prices GROUP BY currency, quote_currency ORDER BY currency, quote_currency`;
}

/** Days with income but no price, newest first. */
export async function readMissingPrices(sql: Sql): Promise<readonly MissingPrice[]> {
  return sql<MissingPrice[]>`
    SELECT currency, quote_currency AS "quoteCurrency", price_date::text AS day, items::int AS items, amount_text AS amount
      FROM report.missing_prices ORDER BY currency, price_date DESC`;
}

/**
 * Sets the currency of the books and the day on which income is valued. Throws `usage.invalid` while a month is closed
 * that was valued differently.
 */
export async function chooseValuation(sql: Sql, quoteCurrency: string, basis: ValuationBasis): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`SELECT sync.lock('prices', 'closes')`;
    const [chosen] = await tx<{ quote: string | null; basis: string; closed: string | null }[]>`
      SELECT quote_currency AS quote, basis,
             (SELECT to_char(min(month), 'YYYY-MM') FROM sync.close_spans WHERE next_at IS NULL) AS closed
        FROM sync.valuation`;
    const isSame = chosen?.quote === quoteCurrency && chosen.basis === basis;
    if (!isSame && typeof chosen?.quote === 'string' && chosen.closed !== null)
      throw new KpoolError(
        'usage.invalid',
        `${chosen.closed} is closed, valued in ${chosen.quote} on the ${chosen.basis} basis. Nothing was changed.`,
        { hint: 'Reopen the months first: kpool reopen MONTH.' },
      );
    await tx`
      INSERT INTO book.settings (key, value)
      VALUES ('quote_currency', to_jsonb(${quoteCurrency}::text)), ('valuation_basis', to_jsonb(${basis}::text))
          ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = sync.now()`;
  });
}
