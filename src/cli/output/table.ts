import CliTable from 'cli-table3';
import { toPrintable } from '../../observability/printable';
import { groupDigits } from './numbers';

export interface Column {
  readonly heading: string;
  /** Numbers are aligned right, and on a terminal their digits are grouped. */
  readonly isNumber?: boolean;
}

export interface TableStyle {
  /** On a terminal: rules and grouped digits. Elsewhere: columns two blanks apart, numbers as they are. */
  readonly isTty: boolean;
  readonly paintHeading: (text: string) => string;
  /** Texts are wrapped so that a line is no wider, as far as numbers allow, which are never broken. */
  readonly maxWidth?: number;
}

const GAP = '  ';
/** A text in a narrower column is hard to read. */
const MIN_WIDTH = 8;

const NO_LINES = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: GAP },
};

/** Rows of texts as a table, without a newline at its end. What is missing (null) is a dash. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly (string | null)[])[],
  style: TableStyle,
): string {
  const cells = rows.map((row) => columns.map((column, index) => cell(row[index] ?? null, column, style)));
  const widths = widthsOf(columns, cells, style.maxWidth ?? Infinity);
  const table = new CliTable({
    head: columns.map(({ heading }) => style.paintHeading(heading)),
    colAligns: columns.map(({ isNumber }) => (isNumber === true ? 'right' : 'left')),
    colWidths: widths,
    wordWrap: true,
    chars: NO_LINES,
    // The library's own colours do not know whether the output is a terminal.
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of cells) table.push(row.map((text, index) => breakWords(text, widths[index] ?? null)));
  return table.toString().replace(/[^\S\n]+$/gm, '');
}

/** Null: as wide as what is in it. The widest text gives way first. */
function widthsOf(
  columns: readonly Column[],
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

/** The library would cut off a word that is longer than its column. */
function breakWords(text: string, width: number | null): string {
  return width === null ? text : text.replace(new RegExp(`\\S{${width}}(?=\\S)`, 'gu'), '$& ');
}

function cell(text: string | null, column: Column, { isTty }: TableStyle): string {
  if (text === null) return '-';
  return column.isNumber === true && isTty ? groupDigits(text) : toPrintable(text);
}
