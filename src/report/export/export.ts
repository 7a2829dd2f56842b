import path from 'node:path';
import type { Sql } from 'postgres';
import { assert } from '../../core/assert';
import { throwIfAborted } from '../../core/clock';
import { KpoolError } from '../../core/errors';
import { readCloses } from '../months/closes';
import { readTieOut } from '../reconciliation/tie-out';
import { findAsOf } from './as-of';
import { findEmptiness } from './emptiness';
import { FORMATS, getFileForm } from './formats';
import {
  findLastManifest,
  formatManifest,
  MANIFEST_SUFFIX,
  type ExportFormat,
  type Manifest,
  type ManifestContent,
} from './manifest';
import { readPeriod, type PeriodName } from './period';
import { recordExport } from './record';
import { readRows, type ExportRow } from './rows';
import type { Basis, Selection } from './selection';
import type { TitleFacts } from './title-sheet';
import { Totals } from './totals';
import { findHash, makeFolder, prepareWholeFile, refuseExisting } from './whole-file';

export interface ExportRequest {
  readonly format: ExportFormat;
  /** One of the format's types of file (`FORMATS`). */
  readonly fileType: string;
  /** The mapping file of a journal; null: the default accounts. */
  readonly accountsFile: string | null;
  readonly period: PeriodName;
  /** Null: the format's usual one. */
  readonly basis: Basis | null;
  readonly accountName: string | null;
  /** An instant, `now`, or null: the close of a closed month, otherwise now. */
  readonly asOf: string | null;
  /** Only what changed since the latest export of the same kind with a manifest in the folder. */
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
  /** Remarks about it, or about the export it continues, one sentence each. */
  readonly notes: readonly string[];
  /** It has no rows, and part of its period was not read from the pool. */
  readonly isUnread: boolean;
}

/**
 * Writes an export and its manifest into a folder, of any length in little memory (except a workbook), and records it
 * in `book.exports`. The ledger as of a past instant never changes, so the same request for the same instant writes the
 * same bytes. An interruption leaves no partial file, and a failure leaves the folder as it was; if the connection breaks
 * during COMMIT, the export may be recorded all the same. Throws `usage.invalid` for an unknown account, an instant in the
 * future, or a file that already exists.
 */
export async function writeExport(sql: Sql, request: ExportRequest): Promise<ExportResult> {
  const { folder, accountName } = request;
  const { extension } = getFileForm(request.format, request.fileType);
  if (accountName !== null) await requireAccount(sql, accountName);
  await makeFolder(folder);
  const basis = basisOf(request);
  const period = await readPeriod(sql, request.period);
  const key = { format: request.format, period: period.name, basis, account: accountName };
  const last = request.sinceLast ? await findLastManifest(folder, key) : null;
  const asOf = await findAsOf(sql, period, request.asOf ?? (request.sinceLast ? 'now' : null));
  const selection: Selection = { period, asOf, basis, accountName, since: last?.asOf ?? null };

  const dataFile = path.join(folder, `${fileNameOf(selection, request.format)}.${extension}`);
  const manifestFile = `${dataFile}${MANIFEST_SUFFIX}`;
  if (!request.mayReplace) for (const file of [dataFile, manifestFile]) await refuseExisting(file);

  const content = openContent(sql, request, selection);
  const data = await prepareWholeFile(dataFile, content.chunks, request);
  try {
    const { name, bytes, sha256 } = data;
    const about = content.about();
    const rows = Object.values(about.leftOut).reduce((rest, count) => rest - count, about.rows);
    const manifest: Manifest = { ...about, files: [{ name, rows, bytes, sha256 }] };
    const isEmpty = manifest.rows === 0 && last === null;
    const emptiness = isEmpty ? await findEmptiness(sql, period, asOf, accountName) : null;
    const notes = [...(await notesOn(folder, last)), ...(emptiness?.reasons ?? [])];
    const proof = await prepareWholeFile(manifestFile, single(formatManifest(manifest)), request);
    try {
      // The names come before COMMIT, so that no export is recorded whose files could not be written. If COMMIT fails,
      // `discard` takes the names away again.
      await sql.begin(async (tx) => {
        await recordExport(tx, manifest, request.fileType);
        await data.giveName();
        await proof.giveName();
      });
      data.keep();
      proof.keep();
    } finally {
      await proof.discard();
    }
    return { manifest, files: [dataFile, manifestFile], notes, isUnread: emptiness?.isUnread === true };
  } finally {
    await data.discard();
  }
}

/** A month's statement as CSV text: what `kpool export statement --month` writes, without a record of it. */
export async function readStatement(sql: Sql, month: string): Promise<string> {
  const { signal } = new AbortController();
  const period = await readPeriod(sql, month);
  const asOf = await findAsOf(sql, period, null);
  const basis = FORMATS.statement.usualBasis;
  const selection: Selection = { period, asOf, basis, accountName: null, since: null };
  const form = { format: 'statement', fileType: 'csv', accountsFile: null, signal } as const;
  const content = openContent(sql, form, selection);
  let text = '';
  for await (const chunk of content.chunks) text += String(chunk);
  return text;
}

/** The content of a file, and what its manifest says once all of it was read. */
interface Content {
  readonly chunks: AsyncIterable<string | Uint8Array>;
  /** Throws before the end of `chunks`. */
  readonly about: () => ManifestContent;
}

function openContent(
  sql: Sql,
  {
    format,
    fileType,
    accountsFile,
    signal,
  }: Pick<ExportRequest, 'format' | 'fileType' | 'accountsFile' | 'signal'>,
  selection: Selection,
): Content {
  const { period, asOf, basis, accountName, since } = selection;
  const reading = new Reading(FORMATS[format].leavesOut);
  const about = (): ManifestContent => ({
    kpoolExport: 1,
    format,
    period: period.name,
    basis,
    account: accountName,
    from: period.from,
    to: period.to,
    timeZone: period.timeZone,
    asOf: asOf.instant,
    asOfReason: asOf.reason,
    changesSince: since,
    ...reading.result(),
  });
  const chunks = getFileForm(format, fileType).write(reading.read(readRows(sql, selection), signal), {
    sql,
    selection,
    accountsFile,
    about,
    readTitle: () => readTitle(sql, selection),
  });
  return { chunks, about };
}

/** Counts and sums an export's rows as they pass, and keeps back those for which its format has no line. */
class Reading {
  private readonly totals = new Totals();
  private leftOut = 0;
  private isComplete = false;

  constructor(private readonly leavesOut: (row: ExportRow) => boolean) {}

  async *read(
    rows: AsyncGenerator<readonly ExportRow[]>,
    signal: AbortSignal,
  ): AsyncGenerator<readonly ExportRow[]> {
    for await (const batch of rows) {
      throwIfAborted(signal);
      for (const row of batch) this.totals.add(row);
      const written = batch.filter((row) => !this.leavesOut(row));
      this.leftOut += batch.length - written.length;
      yield written;
    }
    this.isComplete = true;
  }

  result(): Pick<Manifest, 'rows' | 'leftOut' | 'totals'> {
    assert(this.isComplete, 'all rows have been read');
    const leftOut = this.leftOut === 0 ? {} : { 'nothing to book': this.leftOut };
    return { rows: this.totals.rows, leftOut, totals: this.totals.toJson() };
  }
}

function basisOf({ basis, format }: Pick<ExportRequest, 'basis' | 'format'>): Basis {
  return basis ?? FORMATS[format].usualBasis;
}

async function* single(text: string): AsyncGenerator<string> {
  yield await Promise.resolve(text);
}

/**
 * `statement-2026-10-main`. With the instant if it was given, or if the file has changes only: then there may be many.
 */
function fileNameOf({ period, basis, accountName, asOf, since }: Selection, format: ExportFormat): string {
  const instant = asOf.instant.replace(/[-:.]/g, '');
  return [
    format,
    period.name,
    ...(basis === FORMATS[format].usualBasis ? [] : [basis]),
    ...(accountName === null ? [] : [accountName.replace(/[^\p{L}\p{N}._-]+/gu, '_')]),
    ...(since === null ? [] : ['changes', instant]),
    ...(asOf.reason === 'given' ? ['as-of', instant] : []),
  ].join('-');
}

/** Warns if the previous export's file was changed or is gone. */
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

/** The title sheet's content, which is stable for a closed month because the close stores it. */
async function readTitle(sql: Sql, { asOf, period, accountName }: Selection): Promise<TitleFacts> {
  const accounts = await readAccountNames(sql);
  if (asOf.reason === 'now')
    return { accounts, tieOut: (await readTieOut(sql, { accountName, month: null })).text };
  const close = (await readCloses(sql)).findLast(
    ({ month, action }) => month === period.name && action === 'close',
  );
  const tieOut = asOf.reason === 'given' ? null : close?.tieOut;
  return { accounts, tieOut: tieOut ?? 'The pool gives only current totals: kpool reconcile compares them.' };
}

async function readAccountNames(sql: Sql): Promise<readonly string[]> {
  const rows = await sql<{ name: string }[]>`SELECT account_name AS name FROM pool.accounts ORDER BY 1`;
  return rows.map(({ name }) => name);
}

async function requireAccount(sql: Sql, name: string): Promise<void> {
  const known = await readAccountNames(sql);
  if (known.includes(name)) return;
  throw new KpoolError('usage.invalid', `There is no account ${name}.`, {
    hint: known.length === 0 ? 'Nothing has been synced yet.' : `Known: ${known.join(', ')}.`,
  });
}
