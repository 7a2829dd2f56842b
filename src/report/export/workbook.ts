import type { Manifest } from './manifest';
import type { ExportRow } from './rows';
import { SHEET_END, sheetRow, sheetStart, workbookParts, type Cell } from './sheet-xml';
import { STATEMENT_COLUMNS } from './statement';
import { zipChunks, type ZipEntry } from './zip';

/** What a worksheet of Excel holds, its headings included. */
const SHEET_ROWS = 1_048_576;

type About = Omit<Manifest, 'files'>;

/**
 * The statement as a workbook: items, over as many sheets as they need, then totals, and what it is. Every amount
 * stands twice: as text, exact, and beside it as a number to calculate with, which a spreadsheet rounds to 15 digits.
 * Made piece by piece; the same rows make the same bytes. `about` is asked once all rows were read.
 */
export function workbookChunks(
  rows: AsyncGenerator<readonly ExportRow[]>,
  about: () => About,
  sheetRows = SHEET_ROWS,
): AsyncGenerator<Buffer> {
  return zipChunks(parts(rows, about, sheetRows));
}

async function* parts(
  batches: AsyncGenerator<readonly ExportRow[]>,
  about: () => About,
  sheetRows: number,
): AsyncGenerator<ZipEntry> {
  const names: string[] = [];
  const sheet = (name: string, content: AsyncIterable<string>): ZipEntry => {
    names.push(name);
    return { name: `xl/worksheets/sheet${names.length}.xml`, content };
  };
  const rows = new RowsAhead(batches);
  do {
    yield sheet(names.length === 0 ? 'Income' : `Income ${names.length + 1}`, incomeSheet(rows, sheetRows));
  } while (await rows.hasMore());
  yield sheet('Totals', wholeSheet(totalsRows(about()), 20));
  yield sheet('About', wholeSheet(aboutRows(about()), 60));
  for (const { name, text } of workbookParts(names)) yield { name, content: pieces([text]) };
}

/** Rows one by one, with a look at whether there is another. */
class RowsAhead {
  #batch: readonly ExportRow[] = [];
  #next = 0;

  constructor(private readonly batches: AsyncGenerator<readonly ExportRow[]>) {}

  async hasMore(): Promise<boolean> {
    while (this.#next >= this.#batch.length) {
      const step: IteratorResult<readonly ExportRow[], unknown> = await this.batches.next();
      if (step.done === true) return false;
      this.#batch = step.value;
      this.#next = 0;
    }
    return true;
  }

  /** Rows at hand, at most `limit`; to be asked for after `hasMore`. */
  take(limit: number): readonly ExportRow[] {
    const taken = this.#batch.slice(this.#next, this.#next + limit);
    this.#next += taken.length;
    return taken;
  }
}

async function* incomeSheet(rows: RowsAhead, sheetRows: number): AsyncGenerator<string> {
  yield sheetStart(STATEMENT_COLUMNS.flatMap(({ kind }) => (kind === 'amount' ? [24, 16] : [18])));
  yield sheetRow(
    1,
    STATEMENT_COLUMNS.flatMap(({ name, kind }) =>
      kind === 'amount' ? [heading(name), heading(`${name} (number)`)] : [heading(name)],
    ),
  );
  let last = 1;
  while (last < sheetRows && (await rows.hasMore())) {
    const taken = rows.take(sheetRows - last);
    yield taken.map((row, index) => sheetRow(last + index + 1, incomeCells(row))).join('');
    last += taken.length;
  }
  yield SHEET_END;
}

function incomeCells(row: ExportRow): readonly Cell[] {
  return STATEMENT_COLUMNS.flatMap(({ kind, value }): Cell[] => {
    const content = value(row);
    if (kind === 'amount') return [text(content), amount(content)];
    return [kind === 'day' && content !== null ? { kind, day: content } : text(content)];
  });
}

function wholeSheet(rows: readonly (readonly Cell[])[], width: number): AsyncGenerator<string> {
  const widths = (rows[0] ?? []).map(() => width);
  return pieces([sheetStart(widths), ...rows.map((cells, index) => sheetRow(index + 1, cells)), SHEET_END]);
}

function totalsRows({ totals }: About): readonly (readonly Cell[])[] {
  const kinds = ['settled', 'pending', 'other', 'adjustments', 'total'] as const;
  const headings = kinds.flatMap((kind) => [heading(kind), heading(`${kind} (number)`)]);
  return [
    [heading('currency'), heading('rows'), ...headings],
    ...Object.entries(totals).map(([currency, sums]): readonly Cell[] => [
      text(currency),
      { kind: 'number', value: sums.rows },
      ...kinds.flatMap((kind) => [text(sums[kind]), amount(sums[kind])]),
    ]),
  ];
}

function aboutRows(about: About): readonly (readonly Cell[])[] {
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

async function* pieces(texts: readonly string[]): AsyncGenerator<string> {
  for (const piece of texts) yield await Promise.resolve(piece);
}

function heading(name: string): Cell {
  return { kind: 'heading', text: name };
}

function text(content: string | null): Cell {
  return content === null ? null : { kind: 'text', text: content };
}

function amount(content: string | null): Cell {
  return content === null ? null : { kind: 'amount', value: Number(content) };
}
