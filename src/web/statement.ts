import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Sql } from 'postgres';
import { writeExport } from '../report/export/export';

/** A month's statement as CSV text, as written by `kpool export statement --month`. */
export async function writeStatement(sql: Sql, month: string): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'kpool-statement-'));
  try {
    const { files } = await writeExport(sql, {
      format: 'statement',
      fileType: 'csv',
      accountsFile: null,
      period: month,
      basis: null,
      accountName: null,
      asOf: null,
      sinceLast: false,
      folder,
      mayReplace: false,
      signal: new AbortController().signal,
    });
    return await readFile(files[0], 'utf8');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
