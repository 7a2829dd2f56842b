import type { IncomeRow } from '../income';
import { isSameContent } from './income-content';
import type { LedgerRow } from './ledger-matching';
import type { WindowRead } from './window-answer';

/** What a second read shows that the first one did not. */
export type ReadDifference =
  /** This row, which the first read lacked. */
  | { readonly kind: 'served'; readonly row: LedgerRow }
  /** Something else, or it cannot decide about every row: the list is changing. */
  | { readonly kind: 'moved' };

/** The mining date decides which rows both reads could show. */
type Dated = Pick<IncomeRow, 'minedAtMs'>;

/**
 * Compares two reads by those rows that both could show (`isCompared`). `missing`: live rows that the first read lacked.
 * Null if the reads agree.
 */
export function findDifference(
  missing: readonly LedgerRow[],
  first: WindowRead,
  second: WindowRead,
  isCompared: (row: Dated) => boolean,
): ReadDifference | null {
  const before = { rows: first.rows.filter(isCompared), unreadable: [] };
  const after = { rows: second.rows.filter(isCompared), unreadable: [] };
  const row = missing
    .filter(isCompared)
    .find((gone) => countLike(gone, after.rows) > countLike(gone, before.rows));
  if (row !== undefined) return { kind: 'served', row };
  // An unreadable row may be any of the missing ones, unless its mining date says otherwise.
  const isReadable = second.unreadable.every(
    ({ minedAtMs }) => minedAtMs !== undefined && !isCompared({ minedAtMs }),
  );
  const isSame = second.doubt === null && isReadable && isSameContent(before, after);
  return isSame ? null : { kind: 'moved' };
}

/** Rows of the same kind and instant. Their amounts may differ: a row that was only amended is still served. */
function countLike({ currency, type, minedAtMs }: IncomeRow, rows: readonly IncomeRow[]): number {
  return rows.filter(
    (other) => other.currency === currency && other.type === type && other.minedAtMs === minedAtMs,
  ).length;
}
