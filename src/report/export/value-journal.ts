import type { Decimal } from 'decimal.js';
import { KpoolError } from '../../core/errors';
import { dateOf, postingsOf, type BookedAccounts, type Posting } from './booking';
import { asText, csvLines } from './csv';
import type { ExportRow } from './rows';
import { productOf, ZERO } from './values';

/** Accounting programs with a single currency: values are booked instead of coins. */
export type ValueJournal = 'quickbooks' | 'xero';

/** Decimals of the currency of the books. These programs accept two for every currency. */
const DECIMALS = 2;

export interface ValueAccounts extends BookedAccounts {
  /** Xero only: the name of the tax rate of every line. */
  readonly taxRate: string;
}

/** One line of a journal entry. */
interface JournalLine {
  /** `2026-10-01`. */
  readonly date: string;
  readonly account: string;
  readonly what: string;
  /** Positive: debit; negative: credit. Two decimals. */
  readonly amount: string;
}

interface ValueSyntax {
  readonly header: readonly string[];
  readonly cells: (line: JournalLine, accounts: ValueAccounts) => readonly string[];
}

const VALUE_SYNTAX: Readonly<Record<ValueJournal, ValueSyntax>> = {
  /** https://quickbooks.intuit.com/learn-support/en-au/help-article/import-export-files/import-journal-entries-quickbooks-online/L4tQBwbs7_AU_en_AU */
  quickbooks: {
    header: ['Journal No', 'Journal Date', 'Account Name', 'Description', 'Debits', 'Credits'],
    cells: ({ date, account, what, amount }) => {
      const [year = '', month = '', day = ''] = date.split('-');
      const isCredit = amount.startsWith('-');
      return [
        `KPOOL-${year}${month}${day}`,
        `${month}/${day}/${year}`,
        account,
        what,
        ...(isCredit ? ['', amount.slice(1)] : [amount, '']),
      ];
    },
  },
  /** https://help.xero.com/nz/ManualJournalsImport */
  xero: {
    header: ['*Narration', '*Date', 'Description', '*AccountCode', '*TaxRate', '*Amount'],
    cells: ({ date, account, what, amount }, { taxRate }) => {
      const [year = '', month = '', day = ''] = date.split('-');
      return [`KuCoin Pool ${date}`, `${day}/${month}/${year}`, what, account, taxRate, amount];
    },
  },
};

/**
 * Double entry in the currency of the books: one journal entry a day, one line for each account and coin. Each entry
 * balances, and an account's lines of a coin add up to the exact value, rounded to cents once. Throws `usage.invalid` if a
 * row has no price, because books without it would be wrong.
 */
export async function* valueJournalChunks(
  format: ValueJournal,
  rows: AsyncIterable<readonly ExportRow[]>,
  { isCash, accounts }: ValueJournalContext,
): AsyncGenerator<string> {
  const { header, cells } = VALUE_SYNTAX[format];
  const days = new Map<string, Day>();
  const unpriced: ExportRow[] = [];
  for await (const batch of rows)
    for (const row of batch) {
      if (row.price === null) unpriced.push(row);
      else book(days, row, isCash, postingsOf(row, accounts, isCash));
    }
  const [first] = unpriced;
  if (first !== undefined) throw withoutPrice(format, first, unpriced.length);
  const booked: Booked = new Map();
  yield csvLines([header]);
  for (const [date, day] of [...days].sort(([a], [b]) => (a < b ? -1 : 1)))
    yield csvLines(linesOf(date, day, booked).map((line) => cells(line, accounts)));
}

interface ValueJournalContext {
  readonly isCash: boolean;
  readonly accounts: ValueAccounts;
}

/** The postings by coin and account, in coins and in value. */
type Day = Map<string, Map<string, { readonly coins: Decimal; readonly value: Decimal }>>;

function book(days: Map<string, Day>, row: ExportRow, isCash: boolean, postings: readonly Posting[]): void {
  const date = dateOf(row, isCash);
  const day: Day = days.get(date) ?? new Map();
  days.set(date, day);
  const accounts = day.get(row.currency) ?? new Map<string, { coins: Decimal; value: Decimal }>();
  day.set(row.currency, accounts);
  for (const { account, amount } of postings) {
    const { coins, value } = accounts.get(account) ?? { coins: ZERO, value: ZERO };
    accounts.set(account, {
      coins: coins.plus(amount),
      value: value.plus(productOf(amount, row.price ?? '')),
    });
  }
}

/** What has been booked so far by account and coin, exact and as written. */
type Booked = Map<string, { readonly exact: Decimal; readonly written: Decimal }>;

function linesOf(date: string, day: Day, booked: Booked): readonly JournalLine[] {
  return [...day].sort(byKey).flatMap(([currency, accounts]) => {
    const sides = [...accounts].sort(byKey);
    let rest = ZERO;
    return sides.flatMap(([account, { coins, value }], index): JournalLine[] => {
      // The last side balances the others after rounding.
      const amount =
        index === sides.length - 1 ? rest.negated() : roundedOn(booked, `${account} ${currency}`, value);
      rest = rest.plus(amount);
      if (amount.isZero()) return [];
      const what = asText(`${coins.abs().toFixed()} ${currency}`);
      return [{ date, account, what, amount: amount.toFixed(DECIMALS) }];
    });
  });
}

/** What a day adds to the rounded sum. Fractions of a cent are carried over to later days. */
function roundedOn(booked: Booked, key: string, value: Decimal): Decimal {
  const before = booked.get(key) ?? { exact: ZERO, written: ZERO };
  const exact = before.exact.plus(value);
  const written = exact.toDecimalPlaces(DECIMALS);
  booked.set(key, { exact, written });
  return written.minus(before.written);
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

const PROGRAM_NAMES: Readonly<Record<ValueJournal, string>> = { quickbooks: 'QuickBooks', xero: 'Xero' };

function withoutPrice(format: ValueJournal, { currency, miningDate }: ExportRow, count: number): KpoolError {
  return new KpoolError(
    'usage.invalid',
    `${PROGRAM_NAMES[format]} books what coins were worth, and ${count} of the rows have no price, e.g. ${currency} of ${miningDate}.`,
    {
      hint:
        'kpool prices missing lists them, kpool prices import FILE.csv adds them. ' +
        'A closed month keeps the prices of its close: reopen it and close it again to use later ones.',
    },
  );
}
