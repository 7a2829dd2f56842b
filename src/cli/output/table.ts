import CliTable from 'cli-table3';
import { toPrintable } from '../../observability/printable';
import { groupDigits } from './numbers';

export interface TableColumn {
  readonly heading: string;
  /** Right-aligned; on a terminal, digits are grouped. */
  readonly isNumber?: boolean;
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
    head: columns.map(({ heading }) => style.paintHeading(heading)),
    colAligns: columns.map(({ isNumber }) => (isNumber === true ? 'right' : 'left')),
    colWidths: widths,
    wordWrap: true,
    chars: NO_LINES,
    // The library colours without checking for a terminal.
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of cells) table.push(row.map((text, index) => breakWords(text, widths[index] ?? null)));
  return table.toString().replace(/[^\S\n]+$/gm, '');
}

/** Null: as wide as its content. The widest text column is narrowed first. */
function fitWidths(
  columns: readonly TableColumn[],
  cells: readonly (readonly string[])[],
  maxWidth: number,
): (number | null)[] {
  const natural = columns.map(({ heading }, index) =>
    Math.max(heading.length, ...cells.map((row) => row[index]?.length ?? 0)),
  );
  const widths = [...natural];
  const room = maxWidth - GAP.length * (columns.length - 1);
  for (let excess = widths.reduce((sum, width) => sum + width, -room); excess > 0; excess--) {
    const texts = widths.map((width, index) => (columns[index]?.isNumber === true ? 0 : width));
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
  return column.isNumber === true && isTty ? groupDigits(text) : toPrintable(text);
}
