import CliTable from 'cli-table3';
import { toPrintable } from '../../observability/printable';
import { groupDigits } from './numbers';

/** A heading alone is a column of text. */
export type TableColumn = string | NumericColumn;

interface NumericColumn {
  readonly heading: string;
  readonly isNumber: true;
}

/** A column of numbers: right-aligned; on a terminal, digits are grouped. */
export function numeric(heading: string): NumericColumn {
  return { heading, isNumber: true };
}

export interface TableStyle {
  /** On a terminal digits are grouped; elsewhere numbers are printed unchanged. */
  readonly isTty: boolean;
  readonly paintHeading: (text: string) => string;
  /** Text columns are wrapped to fit; numbers are never broken, so a line may still be wider. */
  readonly maxWidth?: number;
}

const GAP = '  ';
/** The narrowest a text column is made. */
const MIN_WIDTH = 8;

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: GAP,
};

/** Formats a table, without a final newline. Null is shown as a dash. */
export function formatTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly (string | null)[])[],
  style: TableStyle,
): string {
  const cells = rows.map((row) =>
    columns.map((column, index) => formatCell(row[index] ?? null, column, style)),
  );
  const widths = fitWidths(columns, cells, style.maxWidth ?? Infinity);
  const table = new CliTable({
    head: columns.map((column) => style.paintHeading(headingOf(column))),
    colAligns: columns.map((column) => (isNumeric(column) ? 'right' : 'left')),
    colWidths: widths,
    wordWrap: true,
    chars: NO_LINES,
    // The library colours without checking for a terminal.
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of cells) table.push(row.map((text, index) => breakWords(text, widths[index] ?? null)));
  return table.toString().replace(/[^\S\n]+$/gm, '');
}

function isNumeric(column: TableColumn | undefined): boolean {
  return typeof column === 'object';
}

function headingOf(column: TableColumn): string {
  return typeof column === 'string' ? column : column.heading;
}

/** Null: as wide as its content. The widest text column is narrowed first. */
function fitWidths(
  columns: readonly TableColumn[],
  cells: readonly (readonly string[])[],
  maxWidth: number,
): (number | null)[] {
  const natural = columns.map((column, index) =>
    Math.max(headingOf(column).length, ...cells.map((row) => row[index]?.length ?? 0)),
  );
  const widths = [...natural];
  const room = maxWidth - GAP.length * (columns.length - 1);
  for (let excess = widths.reduce((sum, width) => sum + width, -room); excess > 0; excess--) {
    const texts = widths.map((width, index) => (isNumeric(columns[index]) ? 0 : width));
    const widest = Math.max(...texts);
    if (widest <= MIN_WIDTH) break;
    widths[texts.indexOf(widest)] = widest - 1;
  }
  return widths.map((width, index) => (width === natural[index] ? null : width));
}

/** Breaks words longer than the column, which the library would truncate. */
function breakWords(text: string, width: number | null): string {
  return width === null ? text : text.replace(new RegExp(`\\S{${width}}(?=\\S)`, 'gu'), '$& ');
}

function formatCell(text: string | null, column: TableColumn, { isTty }: TableStyle): string {
  if (text === null) return '-';
  return isNumeric(column) && isTty ? groupDigits(text) : toPrintable(text);
}
