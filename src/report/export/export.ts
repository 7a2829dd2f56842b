import path from 'node:path';
import type { Sql } from 'postgres';
import { throwIfAborted } from '../../core/clock';
import { KpoolError } from '../../core/errors';
import { readCloses } from '../closes';
import { readTieOut } from '../tie-out';
import { findAsOf } from './as-of';
import { BYTE_ORDER_MARK, csvLines } from './csv';
import { findEmptiness } from './emptiness';
import { isTextJournal, journalChunks, type TextJournal } from './journal';
import { readJournalAccounts, readValueAccounts } from './journal-accounts';
import { findLastManifest, formatManifest, MANIFEST_SUFFIX, type Manifest } from './manifest';
import { readPeriod, type PeriodName } from './period';
import { recordExport } from './record';
import { readRows, type Basis, type ExportRow, type Selection } from './rows';
import { STATEMENT_COLUMNS, statementCells, statementObject } from './statement';
import { TAX_TOOLS } from './tax-tools';
import type { TitleFacts } from './title-sheet';
import { Totals } from './totals';
import { isValueJournal, valueJournalChunks, type ValueJournal } from './value-journal';
import { findHash, makeFolder, prepareWholeFile, refuseExisting } from './whole-file';
import { workbookChunks } from './workbook';

export type JournalFormat = TextJournal | ValueJournal;

export interface ExportRequest {
  readonly format: Manifest['format'];
  /** What a statement is written as; a tax tool reads CSV, and a journal has its own two. */
  readonly fileType: 'csv' | 'xlsx' | 'json' | JournalFormat;
  /** The mapping file of a journal; null: the usual accounts. */
  readonly accountsFile: string | null;
  readonly period: PeriodName;
  /** Null: accrual for a statement, cash for a tax tool. */
  readonly basis: Basis | null;
  readonly accountName: string | null;
  /** An instant, `now`, or null: the close of a closed month, else now. */
  readonly asOf: string | null;
  /** Only what changed since the last export of the same kind whose manifest lies in the folder. */
  readonly sinceLast: boolean;
  readonly folder: string;
  readonly mayReplace: boolean;
  readonly signal: AbortSignal;
}

/** A written export. */
export interface ExportResult {
  readonly manifest: Manifest;
  /** Paths of the data file and of its manifest. */
  readonly files: readonly [data: string, manifest: string];
  /** Remarks about it, or about the export that it continues, a sentence each. */
  readonly notes: readonly string[];
  /** It has no rows, and some of its time was not read from the pool. */
  readonly isUnread: boolean;
}

/**
 * Writes an export and its manifest into a folder, however long, in little memory (a workbook apart). The ledger as
 * of a past instant never changes, so the same request with the same instant writes the same bytes. Interrupted, it
 * leaves no half a file. Throws `usage.invalid` for an unknown account, an instant to come, or a file that is there.
 */
export async function writeExport(sql: Sql, request: ExportRequest): Promise<ExportResult> {
  const { format, folder, accountName } = request;
  if (accountName !== null) await requireAccount(sql, accountName);
  await makeFolder(folder);
  const period = await readPeriod(sql, request.period);
  const basis = request.basis ?? (isTaxTool(format) ? 'cash' : 'accrual');
  const key = { format, period: period.name, basis, account: accountName };
  const last = request.sinceLast ? await findLastManifest(folder, key) : null;
  const asOf = await findAsOf(sql, period, request.asOf ?? (request.sinceLast ? 'now' : null));
  const selection: Selection = { period, asOf, basis, accountName, since: last?.asOf ?? null };

  const base = path.join(folder, nameOf(selection, format));
  const dataFile = `${base}.${request.fileType}${isValueJournal(request.fileType) ? '.csv' : ''}`;
  const manifestFile = `${dataFile}${MANIFEST_SUFFIX}`;
  if (!request.mayReplace) for (const file of [dataFile, manifestFile]) await refuseExisting(file);

  const totals = new Totals();
  const leftOut: Record<string, number> = {};
  const about = (): Omit<Manifest, 'files'> => ({
    kpoolExport: 1,
    ...key,
    from: period.from,
    to: period.to,
    timeZone: period.timeZone,
    asOf: asOf.instant,
    asOfReason: asOf.reason,
    changesSince: selection.since,
    rows: totals.rows,
    leftOut,
    totals: totals.toJson(),
  });
  const rows = counted(readRows(sql, selection), totals, request.signal);
  const chunks = isJournal(request.fileType)
    ? await journalOf(sql, request.fileType, rows, { selection, leftOut, accountsFile: request.accountsFile })
    : chunksOf({ format, fileType: request.fileType }, rows, {
        ...{ leftOut, about, readTitle: () => readTitle(sql, selection) },
      });
  const data = await prepareWholeFile(dataFile, chunks, request);
  try {
    const { name, bytes, sha256 } = data;
    const skipped = Object.values(leftOut).reduce((sum, count) => sum + count, 0);
    const manifest: Manifest = {
      ...about(),
      files: [{ name, rows: totals.rows - skipped, bytes, sha256 }],
    };
    const proof = await prepareWholeFile(manifestFile, single(formatManifest(manifest)), request);
    try {
      await sql.begin(async (tx) => {
        await recordExport(tx, manifest, request.fileType);
        // Both files are on disk. Without its manifest, no later export would continue this one.
        await data.giveName();
        await proof.giveName();
      });
    } finally {
      await proof.discard();
    }
    const isEmpty = manifest.rows === 0 && last === null;
    const emptiness = isEmpty ? await findEmptiness(sql, period, asOf, accountName) : null;
    const notes = [...(await notesOn(folder, last)), ...(emptiness?.reasons ?? [])];
    return { manifest, files: [dataFile, manifestFile], notes, isUnread: emptiness?.isUnread === true };
  } finally {
    await data.discard();
  }
}

/** Warns if the files of the last export changed since they were written. */
async function notesOn(folder: string, last: Manifest | null): Promise<readonly string[]> {
  const notes: string[] = [];
  for (const { name, sha256 } of last?.files ?? []) {
    const found = await findHash(path.join(folder, name));
    if (found === sha256) continue;
    notes.push(
      found === null
        ? `${name}, which this continues, is no longer in ${folder}.`
        : `${name}, which this continues, is not as it was exported (its SHA-256 differs from the manifest).`,
    );
  }
  return notes;
}

type Batches = AsyncGenerator<readonly ExportRow[]>;

interface Writing {
  readonly leftOut: Record<string, number>;
  readonly readTitle: () => Promise<TitleFacts>;
  /** What the manifest says, once all rows were read. */
  readonly about: () => Omit<Manifest, 'files'>;
}

/** Whether a journal is written as this. */
export function isJournal(fileType: string): fileType is JournalFormat {
  return isValueJournal(fileType) || isTextJournal(fileType);
}

interface JournalOptions {
  readonly selection: Selection;
  readonly leftOut: Record<string, number>;
  readonly accountsFile: string | null;
}

async function journalOf(
  sql: Sql,
  format: JournalFormat,
  rows: Batches,
  { selection, leftOut, accountsFile }: JournalOptions,
): Promise<AsyncIterable<string>> {
  if (!isValueJournal(format))
    return journalChunks(sql, format, rows, {
      ...{ selection, leftOut, accounts: await readJournalAccounts(accountsFile) },
    });
  const accounts = await readValueAccounts(format, accountsFile);
  return valueJournalChunks(format, rows, { isCash: selection.basis === 'cash', accounts, leftOut });
}

function isTaxTool(format: Manifest['format']): format is keyof typeof TAX_TOOLS {
  return Object.hasOwn(TAX_TOOLS, format);
}

function chunksOf(
  {
    format,
    fileType,
  }: { format: Manifest['format']; fileType: Exclude<ExportRequest['fileType'], JournalFormat> },
  rows: Batches,
  writing: Writing,
): AsyncIterable<string | Uint8Array> {
  if (isTaxTool(format)) return taxChunks(format, rows, writing.leftOut);
  switch (fileType) {
    case 'csv':
      return csvChunks(rows);
    case 'json':
      return jsonChunks(rows, writing.about);
    case 'xlsx':
      return workbookChunks(rows, writing);
  }
}

async function* csvChunks(rows: Batches): AsyncGenerator<string> {
  yield BYTE_ORDER_MARK + csvLines([STATEMENT_COLUMNS.map(({ name }) => name)]);
  for await (const batch of rows) yield csvLines(batch.map(statementCells));
}

async function* jsonChunks(rows: Batches, about: Writing['about']): AsyncGenerator<string> {
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

async function* taxChunks(
  tool: keyof typeof TAX_TOOLS,
  rows: Batches,
  leftOut: Record<string, number>,
): AsyncGenerator<string> {
  const { header, line } = TAX_TOOLS[tool];
  yield csvLines([header]);
  for await (const batch of rows) {
    const lines: (readonly string[])[] = [];
    for (const row of batch) {
      const result = line(row);
      if ('leftOut' in result) leftOut[result.leftOut] = (leftOut[result.leftOut] ?? 0) + 1;
      else lines.push(result);
    }
    yield csvLines(lines);
  }
}

async function* counted(rows: Batches, totals: Totals, signal: AbortSignal): Batches {
  for await (const batch of rows) {
    throwIfAborted(signal);
    for (const row of batch) totals.add(row);
    yield batch;
  }
}

async function* single(text: string): AsyncGenerator<string> {
  yield await Promise.resolve(text);
}

/** `statement-2026-10-main`; of changes, or of an instant that was asked for, with the instant: they are many. */
function nameOf({ period, basis, accountName, asOf, since }: Selection, format: Manifest['format']): string {
  const instant = asOf.instant.replace(/[-:.]/g, '');
  const usualBasis = isTaxTool(format) ? 'cash' : 'accrual';
  return [
    format,
    period.name,
    ...(basis === usualBasis ? [] : [basis]),
    ...(accountName === null ? [] : [accountName.replace(/[^\p{L}\p{N}._-]+/gu, '_')]),
    ...(since === null ? [] : ['changes', instant]),
    ...(asOf.reason === 'given' ? ['as-of', instant] : []),
  ].join('-');
}

/** What a workbook says on its first page; the same of the same instant, for which the close keeps it. */
async function readTitle(sql: Sql, { asOf, period, accountName }: Selection): Promise<TitleFacts> {
  const rows = await sql<{ name: string }[]>`SELECT account_name AS name FROM pool.accounts ORDER BY 1`;
  const accounts = rows.map(({ name }) => name);
  if (asOf.reason === 'now')
    return { accounts, tieOut: (await readTieOut(sql, { accountName, month: null })).text };
  const close = (await readCloses(sql)).findLast(
    ({ month, action }) => month === period.name && action === 'close',
  );
  const tieOut = asOf.reason === 'given' ? null : close?.tieOut;
  return { accounts, tieOut: tieOut ?? 'The totals that the pool gives are of now: kpool reconcile.' };
}

async function requireAccount(sql: Sql, name: string): Promise<void> {
  const rows = await sql<{ name: string }[]>`SELECT account_name AS name FROM pool.accounts ORDER BY 1`;
  if (rows.some((row) => row.name === name)) return;
  throw new KpoolError('usage.invalid', `There is no account ${name}.`, {
    hint:
      rows.length === 0
        ? 'Nothing has been synced yet.'
        : `Known: ${rows.map((row) => row.name).join(', ')}.`,
  });
}
