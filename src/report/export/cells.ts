import type { Cell, SheetData } from 'write-excel-file/node' with { 'resolution-mode': 'import' };

/** Characters that XML 1.0 does not allow, and text that a spreadsheet would read as an escape of one (ECMA-376, 22.9.2.19). */
const ESCAPED = /(?![\t\n])[\p{Cc}\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)/gu;
/** Spreadsheets keep 15 digits of a number; further decimals would be zeros. */
const MOST_DECIMALS = 12;
const LEAST_DECIMALS = 2;

export type { Cell, SheetData };

export function text(content: string | null, style: object = {}): Cell {
  if (content === null) return null;
  const escape = (character: string): string => `_x${character.charCodeAt(0).toString(16).padStart(4, '0')}_`;
  return { type: String, format: '@', ...style, value: content.replace(ESCAPED, escape) };
}

/** An exact amount, as text, because spreadsheets round numbers to 15 digits. */
export function exact(content: string | null): Cell {
  return text(content, { align: 'right' });
}

export function dayCell(content: string | null): Cell {
  return content === null
    ? null
    : { type: Date, format: 'yyyy-mm-dd', align: 'left', value: new Date(`${content}T00:00:00Z`) };
}

/** The same amount as a number, for calculations. */
export function number(content: string | null, format: string): Cell {
  return content === null ? null : { type: Number, format, value: Number(content) };
}

/** One number format for a column of amounts, which aligns their decimal points: `?` is a digit, or the space of one. */
export function formatOf(amounts: Iterable<string | null>): string {
  let decimals = LEAST_DECIMALS;
  for (const amount of amounts)
    decimals = Math.max(decimals, Math.min(MOST_DECIMALS, decimalsOf(amount ?? '')));
  return `#,##0.${'0'.repeat(LEAST_DECIMALS)}${'?'.repeat(decimals - LEAST_DECIMALS)}`;
}

/** Pads amounts of one coin to the same number of decimals; 0 stays as it is. */
export function aligned(amounts: readonly string[]): readonly string[] {
  const decimals = Math.max(...amounts.map(decimalsOf));
  if (decimals === 0) return amounts;
  return amounts.map((amount) => {
    if (amount === '0') return amount;
    const [integer = '', fraction = ''] = amount.split('.');
    return `${integer}.${fraction.padEnd(decimals, '0')}`;
  });
}

function decimalsOf(amount: string): number {
  return amount.split('.')[1]?.length ?? 0;
}
