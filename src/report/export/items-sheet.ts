import { formatOf, dayCell, exact, number, text, type Cell, type SheetData } from './cells';
import { rowId, type ExportRow } from './rows';
import type { Basis } from './selection';

/** Names of reward types. Source: the API's specification, GET /v1/external/reward/query. */
const REWARD_NAMES: Readonly<Record<string, string>> = {
  MINING_EARN: 'Mining',
  UNITE_COIN_EARN: 'Merged mining',
  REWARD_EARN: 'Event reward',
  HASH_RATE_EARN: 'Retroactive mining',
  FEE_RATE_EARN: 'Fee subsidy',
};
const STATUS_NAMES: Readonly<Record<string, string>> = {
  SETTLED: 'Settled',
  WAIT_SETTLE: 'Pending',
  ADJUSTMENT: 'Adjustment',
};

interface ItemColumn {
  readonly heading: string;
  /** Characters. */
  readonly width: number;
  readonly align?: 'right';
  /** `format`: of the numbers of the column's amounts. */
  readonly cell: (row: ExportRow, format: string) => Cell;
}

const ITEM: readonly ItemColumn[] = [
  { heading: 'Sub-account', width: 18, cell: (row) => text(row.subAccount) },
  { heading: 'Income', width: 20, cell: (row) => text(incomeName(row)) },
  { heading: 'Status', width: 11, cell: (row) => text(statusName(row.status)) },
  { heading: 'Coin', width: 8, cell: (row) => text(row.currency) },
  { heading: 'Amount', width: 20, align: 'right', cell: (row, format) => number(row.amount, format) },
  { heading: 'Exact amount', width: 25, align: 'right', cell: (row) => exact(row.amount) },
];
const MINED: ItemColumn = { heading: 'Mined on', width: 11, cell: (row) => dayCell(row.miningDate) };
const PAID: ItemColumn = { heading: 'Paid on', width: 11, cell: (row) => dayCell(dayOf(row.settledAt)) };
/** Only if there are prices. */
const VALUE: readonly ItemColumn[] = [
  { heading: 'Price', width: 14, align: 'right', cell: (row) => exact(row.price) },
  { heading: 'Value', width: 16, align: 'right', cell: (row) => number(row.value, '#,##0.00') },
  { heading: 'In', width: 6, cell: (row) => text(row.value === null ? null : row.quoteCurrency) },
  { heading: 'Price from', width: 14, cell: (row) => text(row.priceSource) },
];
/** Only in an export of changes. */
const CHANGE: readonly ItemColumn[] = [
  { heading: 'Change', width: 10, cell: (row) => text(row.change) },
  { heading: 'Status before', width: 11, cell: (row) => text(statusName(row.previousStatus)) },
  { heading: 'Amount before', width: 25, align: 'right', cell: (row) => exact(row.previousAmount) },
  { heading: 'To book', width: 20, align: 'right', cell: (row, format) => number(row.delta, format) },
  { heading: 'To book, exact', width: 25, align: 'right', cell: (row) => exact(row.delta) },
];
const TRACE: readonly ItemColumn[] = [
  { heading: 'Account', width: 14, cell: (row) => text(row.account, { align: 'left', indent: 1 }) },
  { heading: 'Algorithm', width: 11, cell: (row) => text(row.algo) },
  { heading: 'Known since (UTC)', width: 21, cell: (row) => text(toMinutes(row.knownSince)) },
  { heading: 'Sub-account id', width: 20, cell: (row) => text(row.puid) },
  { heading: 'Row id', width: 35, cell: (row) => text(rowId(row)) },
];

/** Columns at the end that identify a row; they are not printed. */
export const UNPRINTED_COLUMNS = 3;

/** The columns of the items: dates first, ids last. */
export function itemColumns(
  basis: Basis,
  { hasChanges, hasPrices }: { readonly hasChanges: boolean; readonly hasPrices: boolean },
): readonly ItemColumn[] {
  const dates = basis === 'cash' ? [PAID, MINED] : [MINED, PAID];
  return [...dates, ...ITEM, ...(hasChanges ? CHANGE : []), ...(hasPrices ? VALUE : []), ...TRACE];
}

export function itemsSheet(columns: readonly ItemColumn[], rows: readonly ExportRow[]): SheetData {
  const format = formatOf(rows.flatMap(({ amount, delta }) => [amount, delta]));
  return [
    columns.map(({ heading, align }): Cell => ({
      type: String,
      value: heading,
      fontWeight: 'bold',
      wrap: true,
      alignVertical: 'top',
      bottomBorderStyle: 'thin',
      ...(align === undefined ? {} : { align }),
    })),
    ...rows.map((row) => columns.map(({ cell }) => cell(row, format))),
  ];
}

function incomeName({ adjusts, type, source }: ExportRow): string {
  if (adjusts !== null) return `Adjusts ${adjusts}`;
  if (type === null) return source === 'earnings' ? 'Mining' : source;
  return REWARD_NAMES[type] ?? type;
}

function statusName(status: string | null): string | null {
  return status === null ? null : (STATUS_NAMES[status] ?? status);
}

function dayOf(instant: string | null): string | null {
  return instant === null ? null : instant.slice(0, 10);
}

/** `2026-11-05 09:00` of an ISO text. */
export function toMinutes(instant: string): string {
  return instant.slice(0, 16).replace('T', ' ');
}
