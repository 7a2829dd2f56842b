import { format } from 'date-fns/format';
import { parse } from 'date-fns/parse';
import { plural } from '../../core/plural';
import { aligned, exact, text, type Cell, type SheetData } from './cells';
import { toMinutes } from './items-sheet';
import type { ManifestContent } from './manifest';
import type { ExportRow } from './rows';
import { Totals } from './totals';
import { sumOf } from './values';

/** What the title sheet shows in addition to the manifest. */
export interface TitleFacts {
  /** Names of the accounts in it. */
  readonly accounts: readonly string[];
  /** Whether the pool's totals tie out, in one sentence. */
  readonly tieOut: string;
}

/** Column widths, in characters. */
export const TITLE_WIDTHS = [24, 14, 8, 28, 28, 28, 28, 28] as const;

const KINDS = ['settled', 'pending', 'other', 'adjustments', 'total'] as const;
const RIGHT = { align: 'right' } as const;

const BASES = {
  accrual: 'Accrual: an item counts on the day on which it was mined',
  cash: 'Cash: a settled item counts on the day on which it was paid',
} as const;
const REASONS = {
  now: 'as it was then',
  given: 'the moment that was asked for',
  'close of the month': 'when the month was closed',
} as const;

/** The first sheet of a statement: owner, period, tie-out and totals. */
export function titleSheet(
  about: ManifestContent,
  { accounts, tieOut }: TitleFacts,
  rows: readonly ExportRow[],
): SheetData {
  const adjustments = rows.filter(({ kind }) => kind === 'adjustment');
  const pending = rows.filter(({ kind, status }) => kind === 'income' && status !== 'SETTLED');
  const isOfMany = new Set(rows.map(({ account }) => account)).size > 1;
  const nameOf = ({ account, subAccount }: ExportRow): string =>
    isOfMany ? `${account}: ${subAccount}` : subAccount;
  const oldest = new Map<string, string>();
  // Rows are in date order, so the first of a coin is the oldest.
  for (const { currency, miningDate } of pending) if (!oldest.has(currency)) oldest.set(currency, miningDate);
  const facts: readonly (readonly [string, string])[] = [
    ['Account', about.account ?? accounts.join(', ')],
    ['Period', periodText(about)],
    ['Basis', BASES[about.basis]],
    ['As of', `${toMinutes(about.asOf)} UTC, ${REASONS[about.asOfReason]}`],
    ...(about.changesSince === null
      ? []
      : [['Only changes since', `${toMinutes(about.changesSince)} UTC`] as const]),
    ['Tie-out', tieOut],
    ...valueFact(rows),
    ['Items', itemCount(rows.length - adjustments.length, adjustments.length)],
  ];
  return [
    [{ type: String, value: `Mining income, ${periodName(about.period)}`, fontWeight: 'bold', fontSize: 18 }],
    [{ type: String, value: 'KuCoin Pool', textColor: '#666666' }],
    [],
    ...facts.map(([name, value]): Cell[] => [bold(name), text(value)]),
    ...section('By coin', ['Coin', ''], rows, (row) => [row.currency, '']),
    ...section('By sub-account', ['Sub-account', 'Coin'], rows, (row) => [nameOf(row), row.currency]),
    ...section('Not settled yet', ['Coin', 'Mined first'], pending, (row) => [
      row.currency,
      oldest.get(row.currency) ?? '',
    ]),
    ...section('Adjustments of closed months', ['Month', 'Coin'], adjustments, (row) => [
      row.adjusts ?? '',
      row.currency,
    ]),
    [],
    [
      text(
        'Amounts here are exact. In the sheet Items each stands twice: as a number, which spreadsheets round to 15 digits, and exact, as text.',
        { textColor: '#666666' },
      ),
    ],
  ];
}

/** A table of exact sums; nothing if there are no rows. */
function section(
  title: string,
  labels: readonly [string, string],
  rows: readonly ExportRow[],
  labelsOf: (row: ExportRow) => readonly [string, string],
): SheetData {
  if (rows.length === 0) return [];
  const totals = new Totals((row) => JSON.stringify(labelsOf(row)));
  for (const row of rows) totals.add(row);
  const groups = Object.entries(totals.toJson());
  const kinds = KINDS.filter((kind) => kind === 'total' || groups.some(([, sums]) => sums[kind] !== '0'));
  return [
    [],
    [bold(title)],
    [
      ...labels.map((label) => heading(label)),
      heading('Items', RIGHT),
      ...kinds.map((kind) => heading(kind.charAt(0).toUpperCase() + kind.slice(1), RIGHT)),
    ],
    ...groups.map(([key, sums]): Cell[] => [
      ...(JSON.parse(key) as string[]).map((label) => text(label)),
      { type: Number, value: sums.rows },
      ...aligned(kinds.map((kind) => sums[kind])).map(exact),
    ]),
  ];
}

/** `287`, or `287, and 1 adjustment of closed months`. */
function itemCount(items: number, adjustments: number): string {
  if (adjustments === 0) return String(items);
  return `${items}, and ${adjustments} ${plural(adjustments, 'adjustment')} of closed months`;
}

/** The total value, and the number of items without a price; nothing if no item has a price. */
function valueFact(rows: readonly ExportRow[]): readonly (readonly [string, string])[] {
  const priced = rows.flatMap(({ value }) => value ?? []);
  const quoteCurrency = rows[0]?.quoteCurrency ?? null;
  if (priced.length === 0 || quoteCurrency === null) return [];
  const missing = rows.length - priced.length;
  const rest =
    missing === 0 ? '' : `, and ${missing} ${plural(missing, 'item')} without a price (kpool prices missing)`;
  return [['Value', `${sumOf(priced).toFixed(2)} ${quoteCurrency}${rest}`]];
}

function bold(name: string): Cell {
  return { type: String, value: name, fontWeight: 'bold' };
}

function heading(name: string, style: object = {}): Cell {
  return { type: String, value: name, bottomBorderStyle: 'thin', textColor: '#444444', ...style };
}

/** `October 2026`, `2026`, or `all history`. */
export function periodName(period: string): string {
  if (period === 'all') return 'all history';
  return period.length === 4 ? period : format(parse(period, 'yyyy-MM', new Date(0)), 'MMMM yyyy');
}

function periodText({ from, to, timeZone }: ManifestContent): string {
  const days = `days of ${timeZone}`;
  if (from === null || to === null) return `Everything (${days})`;
  const dayIn = (instant: number): string => new Intl.DateTimeFormat('sv', { timeZone }).format(instant);
  // The end is exclusive; the instant before it is on the last day.
  return `${dayIn(Date.parse(from))} to ${dayIn(Date.parse(to) - 1)} (${days})`;
}
