/**
 * What a read of a window changes in the ledger. It is decided before anything is written, and each store writes it in
 * its own way.
 */
import { SETTLED, type IncomeRow } from '../income';
import type { RowCounts } from '../row-counts';
import { hashContent } from './income-content';
import {
  findReopenedWindows,
  type MissingRows,
  type Unconfirmed,
  type WindowCommit,
  type WindowPiece,
} from './ledger-commit';
import { ledgerKeyOf, type LedgerChanges, type LedgerRow } from './ledger-matching';
import {
  replaceWindows,
  unreadRecordOf,
  type ReplacedWindows,
  type WindowRecord,
} from './window-replacement';
import { contains } from './windows';

/** What a commit writes. */
export interface CommitEffects {
  readonly outcome: 'decided';
  readonly inserted: readonly LedgerRow[];
  /** New states of stored rows: changed, served again, withdrawn, unserved. */
  readonly updated: readonly LedgerRow[];
  readonly windows: ReplacedWindows;
  readonly isCertified: boolean;
  /** When the newest row that the list showed was mined, ms; null: the read does not say whether the list is empty. */
  readonly newestMinedAtMs: number | null;
  readonly counts: Omit<RowCounts, 'quarantined'>;
}

/**
 * Decides what becomes of the rows and windows of a commit. `changes`: the result of `matchLedger`. `missing`: those of
 * its missing rows that the list would show. If a row vanished for which `confirmed` has no verdict, nothing may be
 * written.
 */
export function decideCommit(
  commit: WindowCommit,
  changes: LedgerChanges,
  { missing, oldestServedMs }: MissingRows,
): CommitEffects | Unconfirmed {
  const { rows, unreadable, confirmed } = commit;
  const { kept, inDoubt, gone } = sortMissing(commit, missing, oldestServedMs);
  if (gone.some((row) => !confirmed.has(ledgerKeyOf(row))))
    return { outcome: 'unconfirmed', missing: gone, oldestServedMs };
  const judged = gone.map((row) =>
    confirmed.get(ledgerKeyOf(row)) === 'withdrawn'
      ? { ...row, withdrawn: true, unserved: false }
      : { ...row, unserved: true },
  );
  const pieces = commit.pieces.map((piece) => recordOf(piece, commit, inDoubt));
  const reopened = findReopenedWindows(commit, [...changes.inserted, ...changes.updated]).map(unreadRecordOf);
  return {
    outcome: 'decided',
    inserted: changes.inserted,
    updated: [...changes.updated, ...judged],
    windows: replaceWindows(commit.state.windows, [...pieces, ...reopened]),
    // Rows that are no longer served keep the certificate of when they were.
    isCertified: commit.isComplete && (rows.length + unreadable.length > 0 || kept.length === 0),
    // A read by a coin's name does not say whether the list itself is empty.
    newestMinedAtMs: rows.length === 0 || commit.coin !== undefined ? null : newestOf(rows),
    counts: {
      inserted: changes.inserted.length,
      changed: changes.updated.length,
      unchanged: changes.unchanged,
      withdrawn: judged.filter(({ withdrawn }) => withdrawn).length,
      inDoubt: inDoubt.length,
    },
  };
}

/** Live rows that a complete read did not serve, by what becomes of them. */
interface SortedMissing {
  /** Marked unserved before, and still older than everything served: they stay as they are. */
  readonly kept: readonly LedgerRow[];
  /** An unreadable row of the window may be any one of them. */
  readonly inDoubt: readonly LedgerRow[];
  /** Withdrawn or unserved: a confirmation read has to agree. */
  readonly gone: readonly LedgerRow[];
}

function sortMissing(
  { isComplete, rows, unreadable }: WindowCommit,
  missing: readonly LedgerRow[],
  oldestServedMs: number,
): SortedMissing {
  if (!isComplete) return { kept: [], inDoubt: [], gone: [] };
  const edgeMs = rows.reduce((oldest, { minedAtMs }) => Math.min(oldest, minedAtMs), oldestServedMs);
  const isKept = ({ unserved, minedAtMs }: LedgerRow): boolean => unserved && minedAtMs < edgeMs;
  const others = missing.filter((row) => !isKept(row));
  const [inDoubt, gone] = unreadable.length > 0 ? [others, []] : [[], others];
  return { kept: missing.filter(isKept), inDoubt, gone };
}

/** The record of a piece of a window that was read. */
function recordOf(
  piece: WindowPiece,
  { rows, unreadable }: WindowCommit,
  inDoubt: readonly LedgerRow[],
): WindowRecord {
  const own = rows.filter((row) => contains(piece, row.minedAtMs));
  return {
    ...piece,
    rowCount: own.length,
    pendingCount: own.filter((row) => row.status !== SETTLED).length,
    quarantinedCount: unreadable.length,
    inDoubtCount: inDoubt.filter((row) => contains(piece, row.minedAtMs)).length,
    contentHash: hashContent({ rows: own, unreadable }),
  };
}

function newestOf(rows: readonly IncomeRow[]): number {
  return rows.reduce((newest, { minedAtMs }) => Math.max(newest, minedAtMs), -Infinity);
}
