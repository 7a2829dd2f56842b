import type { Sql } from 'postgres';
import { dateOf, incomeOf, postingsOf } from './booking';
import { commodityOf, type JournalAccounts } from './journal-accounts';
import { rowId, type ExportRow } from './rows';
import type { Selection } from './selection';

/** Plain text accounting. */
export type TextJournal = 'beancount' | 'hledger';

/** Before all income: Beancount requires an account to be opened before it is used. */
const OPENED_ON = '2009-01-01';

interface Syntax {
  readonly header: (accounts: JournalAccounts) => string;
  readonly title: (date: string, what: string) => string;
  readonly id: (rowId: string) => string;
  readonly price: (date: string, commodity: string, price: string, quote: string) => string;
}

const SYNTAX: Readonly<Record<TextJournal, Syntax>> = {
  beancount: {
    header: ({ open, wallet, receivable, income, adjustments }) =>
      open
        ? [...new Set([wallet, receivable, income, adjustments])]
            .map((account) => `${OPENED_ON} open ${account}\n`)
            .join('')
        : '',
    title: (date, what) => `\n${date} * "KuCoin Pool" "${what}"\n`,
    id: (id) => `  kpool-row: "${id}"\n`,
    price: (date, commodity, price, quote) => `${date} price ${commodity} ${price} ${quote}\n`,
  },
  hledger: {
    header: () => 'decimal-mark .\n',
    title: (date, what) => `\n${date} * KuCoin Pool | ${what}\n`,
    id: (id) => `    ; kpool-row: ${id}\n`,
    price: (date, commodity, price, quote) => `P ${date} ${commodity} ${price} ${quote}\n`,
  },
};

/** Removes characters that would end the line or start a comment. */
function plain(text: string): string {
  return text.replace(/[\p{C}";|\\]+/gu, ' ').trim();
}

/**
 * Double entry, one transaction per row: settled amounts go to the wallet, pending ones (accrual basis) to the receivable, both
 * against income. Amounts are exact; imported prices follow as price directives.
 */
export async function* journalChunks(
  sql: Sql,
  format: TextJournal,
  rows: AsyncIterable<readonly ExportRow[]>,
  { selection, accounts }: JournalContext,
): AsyncGenerator<string> {
  const syntax = SYNTAX[format];
  const isCash = selection.basis === 'cash';
  const days = new Map<string, { from: string; to: string }>();
  yield syntax.header(accounts);
  for await (const batch of rows) {
    let text = '';
    for (const row of batch) {
      const commodity = commodityOf(row.currency, accounts);
      const date = dateOf(row, isCash);
      const span = days.get(row.currency) ?? { from: date, to: date };
      days.set(row.currency, {
        from: date < span.from ? date : span.from,
        to: date > span.to ? date : span.to,
      });
      text += syntax.title(
        date,
        plain(`${row.subAccount} ${row.algo} ${incomeOf(row)} of ${row.miningDate}`),
      );
      text += syntax.id(rowId(row));
      for (const { account, amount } of postingsOf(row, accounts, isCash))
        text += `    ${account}  ${amount} ${commodity}\n`;
    }
    yield text;
  }
  yield '\n';
  for (const [currency, { from, to }] of days) {
    const commodity = commodityOf(currency, accounts);
    const prices = await sql<{ date: string; price: string; quote: string }[]>`
      SELECT h.price_date::text AS date, trim_scale(h.price)::text AS price, h.quote_currency AS quote
        FROM sync.price_history h JOIN sync.valuation v ON v.quote_currency = h.quote_currency
       WHERE h.currency = ${currency} AND h.price_date BETWEEN ${from}::text::date AND ${to}::text::date
         -- A closed month keeps the prices that it was closed with.
         AND h.known_from <= ${selection.asOf.instant}::text::timestamptz
         AND (h.known_to IS NULL OR h.known_to > ${selection.asOf.instant}::text::timestamptz)
       ORDER BY h.price_date`;
    yield prices.map(({ date, price, quote }) => syntax.price(date, commodity, price, quote)).join('');
  }
}

interface JournalContext {
  readonly selection: Selection;
  readonly accounts: JournalAccounts;
}
