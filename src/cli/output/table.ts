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
}

const NO_LINES = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
};

/** Rows of texts as a table, without a newline at its end. What is missing (null) is a dash. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly (string | null)[])[],
  style: TableStyle,
): string {
  const table = new CliTable({
    head: columns.map(({ heading }) => style.paintHeading(heading)),
    colAligns: columns.map(({ isNumber }) => (isNumber === true ? 'right' : 'left')),
    chars: NO_LINES,
    // The library's own colours do not know whether the output is a terminal.
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) {
    table.push(columns.map((column, index) => cell(row[index] ?? null, column, style)));
  }
  return table.toString().replace(/[^\S\n]+$/gm, '');
}

function cell(text: string | null, column: Column, { isTty }: TableStyle): string {
  if (text === null) return '-';
  return column.isNumber === true && isTty ? groupDigits(text) : toPrintable(text);
}
