import { asId, asText } from './csv';
import { rowId, type ExportRow } from './rows';

/** A column of the statement. `text` cells are untrusted text from the pool; the others are ours. */
interface StatementColumn {
  readonly name: string;
  readonly kind: 'text' | 'id' | 'plain';
  readonly value: (row: ExportRow) => string | null;
}

/** The columns of a statement as CSV and JSON; the workbook has its own (`itemColumns`). */
export const STATEMENT_COLUMNS: readonly StatementColumn[] = [
  { name: 'row_id', kind: 'plain', value: rowId },
  { name: 'kind', kind: 'plain', value: (row) => row.kind },
  { name: 'change', kind: 'plain', value: (row) => row.change },
  { name: 'account', kind: 'text', value: (row) => row.account },
  { name: 'sub_account', kind: 'text', value: (row) => row.subAccount },
  { name: 'puid', kind: 'id', value: (row) => row.puid },
  { name: 'algo', kind: 'text', value: (row) => row.algo },
  { name: 'source', kind: 'plain', value: (row) => row.source },
  { name: 'type', kind: 'text', value: (row) => row.type },
  { name: 'adjusts_month', kind: 'plain', value: (row) => row.adjusts },
  { name: 'mining_date', kind: 'plain', value: (row) => row.miningDate },
  { name: 'mined_at', kind: 'plain', value: (row) => row.minedAt },
  { name: 'currency', kind: 'text', value: (row) => row.currency },
  { name: 'amount', kind: 'plain', value: (row) => row.amount },
  { name: 'previous_amount', kind: 'plain', value: (row) => row.previousAmount },
  { name: 'to_book', kind: 'plain', value: (row) => row.delta },
  { name: 'status', kind: 'text', value: (row) => row.status },
  { name: 'previous_status', kind: 'text', value: (row) => row.previousStatus },
  { name: 'settled_at', kind: 'plain', value: (row) => row.settledAt },
  { name: 'known_since', kind: 'plain', value: (row) => row.knownSince },
  { name: 'price', kind: 'plain', value: (row) => row.price },
  { name: 'value', kind: 'plain', value: (row) => row.value },
  { name: 'value_currency', kind: 'text', value: (row) => (row.price === null ? null : row.quoteCurrency) },
  { name: 'price_source', kind: 'text', value: (row) => row.priceSource },
];

/** A row of the statement as CSV cells. */
export function statementCells(row: ExportRow): readonly string[] {
  return STATEMENT_COLUMNS.map(({ kind, value }) => {
    const content = value(row);
    return kind === 'text' ? asText(content) : kind === 'id' ? asId(content ?? '') : (content ?? '');
  });
}

/** A row of the statement as a JSON object. */
export function statementObject(row: ExportRow): Readonly<Record<string, string | null>> {
  return Object.fromEntries(STATEMENT_COLUMNS.map(({ name, value }) => [name, value(row)]));
}
