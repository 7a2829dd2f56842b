import { asText } from './csv';
import { rowId, type ExportRow } from './rows';

/** A tax tool's CSV format: the header, and one line per row. */
export interface TaxTool {
  readonly header: readonly string[];
  readonly line: (row: ExportRow) => readonly string[];
}

/**
 * Koinly's universal format, https://support.koinly.io/en/articles/9489976. A row that takes money back is an amount sent,
 * with the label `cost`. Net worth is the value at the price of the books. The row id is the TxHash, by which Koinly
 * recognises known rows.
 */
export const KOINLY: TaxTool = {
  header: [
    'Date',
    'Sent Amount',
    'Sent Currency',
    'Received Amount',
    'Received Currency',
    'Fee Amount',
    'Fee Currency',
    'Net Worth Amount',
    'Net Worth Currency',
    'Label',
    'Description',
    'TxHash',
  ],
  line: (row) =>
    withMovement(row, ({ sent, received }) => {
      const day = `${isoDay(row)} ${isoTime(row)} UTC`;
      const description = `KuCoin Pool ${row.subAccount} ${row.algo} ${row.type ?? row.source} of ${row.miningDate}`;
      // Net worth of what was sent or received, so without a sign.
      const value = row.value?.replace('-', '') ?? '';
      const label = sent === '' ? 'mining' : 'cost';
      return [
        day,
        sent,
        sent === '' ? '' : asText(row.currency),
        received,
        received === '' ? '' : asText(row.currency),
        '',
        '',
        value,
        value === '' ? '' : (row.quoteCurrency ?? ''),
        label,
        asText(description),
        rowId(row),
      ];
    }),
};

/**
 * CoinTracker's format, https://support.cointracker.io/hc/en-us/articles/4413071299729: all columns, in UTC. An amount
 * sent has no tag, because no CoinTracker tag means "taken back".
 */
export const COINTRACKER: TaxTool = {
  header: [
    'Date',
    'Received Quantity',
    'Received Currency',
    'Sent Quantity',
    'Sent Currency',
    'Fee Amount',
    'Fee Currency',
    'Tag',
  ],
  line: (row) =>
    withMovement(row, ({ sent, received }) => {
      const [year, month, day] = isoDay(row).split('-');
      return [
        `${month ?? ''}/${day ?? ''}/${year ?? ''} ${isoTime(row)}`,
        received,
        received === '' ? '' : asText(row.currency),
        sent,
        sent === '' ? '' : asText(row.currency),
        '',
        '',
        sent === '' ? 'mining' : '',
      ];
    }),
};

/** The amount sent or received: what the row changes, dated by the row. */
function withMovement(
  row: ExportRow,
  toLine: (movement: { readonly sent: string; readonly received: string }) => readonly string[],
): readonly string[] {
  return toLine(
    row.delta.startsWith('-')
      ? { sent: row.delta.slice(1), received: '' }
      : { sent: '', received: row.delta },
  );
}

/** When it was paid; without a settle time, when it was mined. */
function paidAt({ settledAt, minedAt }: ExportRow): string {
  return settledAt ?? minedAt;
}

const isoDay = (row: ExportRow): string => paidAt(row).slice(0, 10);
const isoTime = (row: ExportRow): string => paidAt(row).slice(11, 19);
