import { unzipSync, zipSync } from 'fflate';
import type { Cell, SheetData } from 'write-excel-file/node' with { 'resolution-mode': 'import' };
import { KpoolError } from '../../core/errors';
import type { Manifest } from './manifest';
import type { ExportRow } from './rows';
import { STATEMENT_COLUMNS } from './statement';

/** A workbook is built in memory; this many rows take a gigabyte. Excel's own limit is 1,048,576. */
const MAX_ROWS = 100_000;

const HEADING = { type: String, fontWeight: 'bold' } as const;
const TEXT = { type: String, format: '@' } as const;
const DAY = { type: Date, format: 'yyyy-mm-dd' } as const;
const AMOUNT = { type: Number, format: '#,##0.##################' } as const;

/** Characters that XML 1.0 cannot hold, and what a spreadsheet would take for an escape of one (ECMA-376, 22.9.2.19). */
const ESCAPED = /(?![\t\n])[\p{Cc}\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)/gu;
/** The first day that an archive knows; it is written as the local time of wherever we run. */
const ARCHIVE_TIME = new Date(1980, 0, 1);

type About = Omit<Manifest, 'files'>;

/**
 * The statement as a workbook of three sheets: items, totals, and what it is. Every amount stands twice: as text,
 * exact, and beside it as a number to calculate with, which a spreadsheet rounds to 15 digits. The same rows make
 * the same bytes. `about` is asked once all rows were read. Throws `usage.invalid` beyond 100,000 rows.
 */
export async function* workbookChunks(
  batches: AsyncGenerator<readonly ExportRow[]>,
  about: () => About,
  maxRows = MAX_ROWS,
): AsyncGenerator<Uint8Array> {
  const items: SheetData = [
    STATEMENT_COLUMNS.flatMap(({ name, kind }) =>
      kind === 'amount' ? [heading(name), heading(`${name} (number)`)] : [heading(name)],
    ),
  ];
  for await (const batch of batches) {
    // The headings are no item.
    if (items.length - 1 + batch.length > maxRows) throw tooLong(maxRows);
    for (const row of batch) items.push(itemCells(row));
  }
  const columns = STATEMENT_COLUMNS.flatMap(({ kind }) =>
    kind === 'amount' ? [{ width: 24 }, { width: 16 }] : [{ width: 18 }],
  );
  const sheet = (name: string, data: SheetData, widths: { width: number }[]) => ({
    data,
    sheet: name,
    columns: widths,
    stickyRowsCount: 1,
  });
  // An ES module; and only who wants a workbook loads it.
  const { default: writeWorkbook } = await import('write-excel-file/node');
  const archive = await writeWorkbook([
    sheet('Income', items, columns),
    sheet('Totals', totalsRows(about()), columns),
    sheet('About', aboutRows(about()), [{ width: 20 }, { width: 60 }]),
  ]).toBuffer();
  yield withoutTimes(archive);
}

/** The same archive without the times at which its files were written: all that differs between two of equal content. */
function withoutTimes(archive: Uint8Array): Uint8Array {
  return zipSync(unzipSync(archive), { mtime: ARCHIVE_TIME });
}

function tooLong(maxRows: number): KpoolError {
  return new KpoolError(
    'usage.invalid',
    `The statement has more than the ${maxRows} rows of which we make a workbook.`,
    { hint: 'Take --format csv, or a shorter time: --month.' },
  );
}

function itemCells(row: ExportRow): Cell[] {
  return STATEMENT_COLUMNS.flatMap(({ kind, value }): Cell[] => {
    const content = value(row);
    if (kind === 'amount') return [text(content), amount(content)];
    return [kind === 'day' ? day(content) : text(content)];
  });
}

function totalsRows({ totals }: About): SheetData {
  const kinds = ['settled', 'pending', 'other', 'adjustments', 'total'] as const;
  const headings = kinds.flatMap((kind) => [heading(kind), heading(`${kind} (number)`)]);
  return [
    [heading('currency'), heading('rows'), ...headings],
    ...Object.entries(totals).map(([currency, sums]): Cell[] => [
      text(currency),
      { type: Number, value: sums.rows },
      ...kinds.flatMap((kind) => [text(sums[kind]), amount(sums[kind])]),
    ]),
  ];
}

function aboutRows(about: About): SheetData {
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
    ['Rows', String(about.rows)],
    [
      'Exact amounts',
      'The columns of text. Numbers beside them are rounded to 15 digits by any spreadsheet.',
    ],
  ];
  return [[heading('What'), heading('')], ...facts.map((fact) => fact.map(text))];
}

function heading(name: string): Cell {
  return { ...HEADING, value: name };
}

function text(content: string | null): Cell {
  if (content === null) return null;
  const escape = (character: string): string => `_x${character.charCodeAt(0).toString(16).padStart(4, '0')}_`;
  return { ...TEXT, value: content.replace(ESCAPED, escape) };
}

function day(content: string | null): Cell {
  return content === null ? null : { ...DAY, value: new Date(`${content}T00:00:00Z`) };
}

function amount(content: string | null): Cell {
  return content === null ? null : { ...AMOUNT, value: Number(content) };
}
