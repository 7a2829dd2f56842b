import type { TransactionSql } from 'postgres';
import { assert } from '../../core/assert';
import type { Manifest } from './manifest';

/** Records an export, in the transaction in which its files get their final names. */
export async function recordExport(tx: TransactionSql, manifest: Manifest, fileType: string): Promise<void> {
  const [file] = manifest.files;
  assert(file !== undefined, 'a manifest names its file');
  const { format, period, from, to, basis, account, asOf, changesSince } = manifest;
  await tx`
    INSERT INTO book.exports (format, file_type, period, from_at, to_at, basis, account_name, as_of, changes_since, file_name,
                              row_count, sha256)
    VALUES (${format}, ${fileType}, ${period}, ${from}::text::timestamptz, ${to}::text::timestamptz, ${basis}, ${account},
            ${asOf}::text::timestamptz, ${changesSince}::text::timestamptz, ${file.name}, ${file.rows}, ${file.sha256})`;
}
