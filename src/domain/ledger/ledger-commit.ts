import type { IncomeRow } from '../income';
import type { UnreadableRow } from '../page';
import type { RowCounts } from '../row-counts';
import type { LedgerScope } from '../scope';
import type { CoinRead } from './coins';
import type { LedgerRow } from './ledger-matching';
import type { LedgerState } from './ledger-state';
import { overlaps, type Window } from './windows';

/** Facts about a scope to record; omitted ones stay. */
export interface LedgerCursorPatch {
  readonly paged?: boolean;
  readonly spanLimitMs?: number;
  readonly showsNoRow?: boolean;
  readonly deepChecked?: boolean;
  /** Rows that the pool counts in the whole list. */
  readonly poolRowCount?: number;
}

/** What becomes of a live row that two reads did not serve. */
export type MissingVerdict = 'withdrawn' | 'unserved';

export interface WindowPiece extends Window {
  /** False: still to be read (again). */
  readonly verified: boolean;
}

export interface WindowCommit {
  readonly scope: LedgerScope;
  readonly runId: bigint;
  /** What the read started from; if another commit went first, this one is refused (P9). */
  readonly state: LedgerState;
  /** Start of the history to be complete. */
  readonly historyStartMs: number;
  /** The window that was read: `rows` are all that the pool serves in it. */
  readonly window: Window;
  readonly rows: readonly IncomeRow[];
  readonly unreadable: readonly UnreadableRow[];
  /** Requests that the read took. */
  readonly requests: number;
  /** Only a complete read certifies; an incomplete one stores its rows and says nothing about others. */
  readonly isComplete: boolean;
  /** By key (`ledgerKeyOf`): what becomes of the live rows that the confirmation read did not serve either. */
  readonly confirmed: ReadonlyMap<string, MissingVerdict>;
  /** They replace every stored window that they overlap. */
  readonly pieces: readonly WindowPiece[];
  /** Set when the list was asked for a hidden coin by name: windows do not cover its rows. */
  readonly coin?: CoinRead;
}

/**
 * Windows to read again, besides the one being committed: a row that is new to the ledger is older than unserved rows
 * of theirs, which were assumed to be older than everything that is served.
 */
export function findReopenedWindows(
  { state, window, coin }: Pick<WindowCommit, 'state' | 'window' | 'coin'>,
  changed: readonly IncomeRow[],
): Window[] {
  if (coin !== undefined) return [];
  const oldestMs = changed.reduce((least, { minedAtMs }) => Math.min(least, minedAtMs), Infinity);
  const newestMs = state.newestUnservedMs ?? -Infinity;
  return state.windows.filter(
    (kept) => !overlaps(kept, window) && kept.toMs > oldestMs && kept.fromMs <= newestMs,
  );
}

export type CommitResult =
  { readonly outcome: 'committed'; readonly state: LedgerState; readonly counts: RowCounts } | Unconfirmed;

/** Live rows of a window that a complete read of it did not show. */
export interface MissingRows {
  readonly missing: readonly LedgerRow[];
  /** The oldest mining date of the live, served rows outside the window; Infinity: none, or no row is missing. */
  readonly oldestServedMs: number;
}

/** Nothing was written: these rows vanished, and a confirmation read has to agree. */
export interface Unconfirmed extends MissingRows {
  readonly outcome: 'unconfirmed';
}
