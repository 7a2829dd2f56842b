import type { Sql } from 'postgres';
import { KpoolError } from '../../core/errors';
import type { Explanation } from './explanation';
import { findRow } from './find-row';
import { readExports } from './exports-of-row';
import { readCertificates, readClosedAmounts, readStates } from './history-of-row';

/** Explains a ledger row, including withdrawn and left-out ones. Throws `usage.invalid` for an unknown id. */
export async function explainRow(sql: Sql, rowId: string): Promise<Explanation> {
  const found = await findExplanation(sql, rowId);
  if (found !== null) return found;
  throw new KpoolError('usage.invalid', `There is no ledger row with the id ${rowId}.`, {
    hint: 'Take the row_id from report.income_ledger or from a full export. Adjustments (report.income_changes), and rows that an export with --since-last calls changed, removed or returned, have ids of their own.',
  });
}

/** The same; null for an unknown id. */
export async function findExplanation(sql: Sql, rowId: string): Promise<Explanation | null> {
  const found = await findRow(sql, rowId);
  if (found === null) return null;
  const { minedAtExact, ...row } = found;
  const states = await readStates(sql, found);
  const [certificates, closes, exports] = await Promise.all([
    readCertificates(sql, found),
    readClosedAmounts(sql, minedAtExact, states),
    readExports(sql, found),
  ]);
  return { ...row, states, certificates, closes, exports };
}
