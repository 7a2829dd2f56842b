import type { Cell, SheetData } from 'write-excel-file/node' with { 'resolution-mode': 'import' };
import { KpoolError } from '../../core/errors';
import type { Manifest } from './manifest';
import type { ExportRow } from './rows';
import { STATEMENT_COLUMNS } from './statement';

/** A workbook is made in memory; beyond so many rows nobody scrolls, and a sheet ends at 1,048,576. */
const MAX_ROWS = 100_000;

const HEADING = { type: String, fontWeight: 'bold' } as const;
const TEXT = { type: String, format: '@' } as const;
const DAY = { type: Date, format: 'yyyy-mm-dd' } as const;
const AMOUNT = { type: Number, format: '#,##0.##################' } as const;

/**
 * The statement as a workbook of three sheets: items, totals, and what it is. Every amount stands twice: as text,
 * exact, and beside it as a number to calculate with, which a spreadsheet rounds to 15 digits. Throws
 * `usage.invalid` beyond 100,000 rows.
 */
export class StatementWorkbook {
  readonly #rows: SheetData = [
    STATEMENT_COLUMNS.flatMap(({ name, kind }) =>
      kind === 'amount' ? [heading(name), heading(`${name} (number)`)] : [heading(name)],
    ),
  ];

  add(row: ExportRow): void {
    if (this.#rows.length > MAX_ROWS) {
      throw new KpoolError('usage.invalid', `The statement has more than ${MAX_ROWS} rows.`, {
        hint: 'Take --format csv or a shorter time: --month.',
      });
    }
    this.#rows.push(
      STATEMENT_COLUMNS.flatMap(({ kind, value }) => {
        const text = value(row);
        if (kind === 'amount') return [textCell(text), numberCell(text)];
        return [kind === 'day' ? dayCell(text) : textCell(text)];
      }),
    );
  }

  /** The file's content. */
  async toBuffer(about: Omit<Manifest, 'files'>): Promise<Buffer> {
    const columns = STATEMENT_COLUMNS.flatMap(({ kind }) =>
      kind === 'amount' ? [{ width: 24 }, { width: 16 }] : [{ width: 18 }],
    );
    const named = (rows: SheetData, sheet: string, widths = columns) => ({
      data: rows,
      sheet,
      columns: widths,
      stickyRowsCount: 1,
    });
    // An ES module; and only who wants a workbook loads it.
    const { default: writeWorkbook } = await import('write-excel-file/node');
    return writeWorkbook([
      named(this.#rows, 'Income'),
      named(totalsSheet(about), 'Totals'),
      named(aboutSheet(about), 'About', [{ width: 20 }, { width: 60 }]),
    ]).toBuffer();
  }
}

function totalsSheet({ totals }: Omit<Manifest, 'files'>): SheetData {
  const kinds = ['settled', 'pending', 'other', 'adjustments', 'total'] as const;
  return [
    [
      heading('currency'),
      heading('rows'),
      ...kinds.flatMap((kind) => [heading(kind), heading(`${kind} (number)`)]),
    ],
    ...Object.entries(totals).map(([currency, sums]) => [
      textCell(currency),
      { type: Number, value: sums.rows },
      ...kinds.flatMap((kind) => [textCell(sums[kind]), numberCell(sums[kind])]),
    ]),
  ];
}

function aboutSheet(about: Omit<Manifest, 'files'>): SheetData {
  const facts: readonly (readonly [string, string])[] = [
    ['Statement of', about.period],
    ['Account', about.account ?? 'all'],
    ['From (included)', about.from ?? 'the beginning'],
    ['To (not included)', about.to ?? 'open'],
    ['Months by', about.timeZone],
    ['Basis', about.basis],
    ['As of', about.asOf],
    ['That is', about.asOfReason],
    ['Only changes since', about.changesSince ?? 'no: everything'],
    [
      'Exact amounts',
      'The columns of text. Numbers beside them are rounded to 15 digits by any spreadsheet.',
    ],
  ];
  return [[heading('What'), heading('')], ...facts.map((fact) => fact.map(textCell))];
}

function heading(value: string): Cell {
  return { ...HEADING, value };
}

function textCell(value: string | null): Cell {
  return value === null ? null : { ...TEXT, value };
}

function dayCell(text: string | null): Cell {
  return text === null ? null : { ...DAY, value: new Date(`${text}T00:00:00Z`) };
}

function numberCell(text: string | null): Cell {
  return text === null ? null : { ...AMOUNT, value: Number(text) };
}
