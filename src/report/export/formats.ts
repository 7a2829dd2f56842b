import type { Sql } from 'postgres';
import { KpoolError } from '../../core/errors';
import { BYTE_ORDER_MARK, csvLines } from './csv';
import { journalChunks, type TextJournal } from './journal';
import { readJournalAccounts, readValueAccounts } from './journal-accounts';
import type { ExportFormat, ManifestContent } from './manifest';
import type { ExportRow, RowChange } from './rows';
import type { Basis, Selection } from './selection';
import { STATEMENT_COLUMNS, statementCells, statementObject } from './statement';
import { COINTRACKER, KOINLY, type TaxTool } from './tax-tools';
import type { TitleFacts } from './title-sheet';
import { valueJournalChunks, type ValueJournal } from './value-journal';
import { workbookChunks } from './workbook';

type Batches = AsyncGenerator<readonly ExportRow[]>;

/** What a writer gets besides the rows. */
export interface Writing {
  readonly sql: Sql;
  readonly selection: Selection;
  /** The mapping file of a journal; null: the usual accounts. */
  readonly accountsFile: string | null;
  /** What the manifest says, once all rows were read. */
  readonly about: () => ManifestContent;
  readonly readTitle: () => Promise<TitleFacts>;
}

/** How one type of file is written. */
interface FileForm {
  readonly extension: string;
  readonly write: (rows: Batches, writing: Writing) => AsyncIterable<string | Uint8Array>;
}

interface Format {
  /** Accrual or cash, unless the request names one. */
  readonly usualBasis: Basis;
  /** Whether the format has no line for a row, because there is nothing to book. */
  readonly leavesOut: (row: RowChange) => boolean;
  readonly files: Readonly<Record<string, FileForm>>;
}

const leavesNothingOut = (): boolean => false;
/** Only the status changed, or the amount is 0. */
const hasNoDifference = ({ delta }: RowChange): boolean => delta === '0';
/** A journal moves a settled amount from the receivable to the wallet, although the income is the same. */
const hasNoAmount = ({ amount, previousAmount }: RowChange): boolean =>
  amount === '0' && (previousAmount ?? '0') === '0';

/** Every format and its file types, the usual one first. */
export const FORMATS: Readonly<Record<ExportFormat, Format>> = {
  statement: {
    usualBasis: 'accrual',
    leavesOut: leavesNothingOut,
    files: {
      csv: { extension: 'csv', write: csvChunks },
      xlsx: { extension: 'xlsx', write: workbookChunks },
      json: { extension: 'json', write: jsonChunks },
    },
  },
  koinly: { usualBasis: 'cash', leavesOut: hasNoDifference, files: { csv: taxFile(KOINLY) } },
  cointracker: { usualBasis: 'cash', leavesOut: hasNoDifference, files: { csv: taxFile(COINTRACKER) } },
  journal: {
    usualBasis: 'accrual',
    leavesOut: hasNoAmount,
    files: {
      beancount: textJournal('beancount'),
      hledger: textJournal('hledger'),
      quickbooks: valueJournal('quickbooks'),
      xero: valueJournal('xero'),
    },
  },
};

/** How a format is written as a file type. Throws `usage.invalid` if the format has no such type. */
export function getFileForm(format: ExportFormat, fileType: string): FileForm {
  const form = FORMATS[format].files[fileType];
  if (form !== undefined) return form;
  const types = Object.keys(FORMATS[format].files).join(', ');
  const [other] = Object.entries(FORMATS).filter(([, { files }]) => Object.hasOwn(files, fileType));
  throw new KpoolError('usage.invalid', `${format} is not written as ${fileType}.`, {
    hint:
      `Take --format ${types}` +
      (other === undefined ? '.' : `; or kpool export ${other[0]} --format ${fileType}.`),
  });
}

async function* csvChunks(rows: Batches): AsyncGenerator<string> {
  yield BYTE_ORDER_MARK + csvLines([STATEMENT_COLUMNS.map(({ name }) => name)]);
  for await (const batch of rows) yield csvLines(batch.map(statementCells));
}

async function* jsonChunks(rows: Batches, { about }: Writing): AsyncGenerator<string> {
  yield '{"rows": [';
  let separator = '\n';
  for await (const batch of rows) {
    for (const row of batch) {
      yield `${separator}${JSON.stringify(statementObject(row))}`;
      separator = ',\n';
    }
  }
  yield `\n],\n"about": ${JSON.stringify(about(), null, 2)}}\n`;
}

function taxFile({ header, line }: TaxTool): FileForm {
  return {
    extension: 'csv',
    async *write(rows) {
      yield csvLines([header]);
      for await (const batch of rows) yield csvLines(batch.map(line));
    },
  };
}

function textJournal(program: TextJournal): FileForm {
  return {
    extension: program,
    async *write(rows, { sql, selection, accountsFile }) {
      const accounts = await readJournalAccounts(accountsFile);
      yield* journalChunks(sql, program, rows, { selection, accounts });
    },
  };
}

function valueJournal(program: ValueJournal): FileForm {
  return {
    extension: `${program}.csv`,
    async *write(rows, { selection, accountsFile }) {
      const accounts = await readValueAccounts(program, accountsFile);
      yield* valueJournalChunks(program, rows, { isCash: selection.basis === 'cash', accounts });
    },
  };
}
