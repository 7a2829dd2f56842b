/** What is known of a scope of the ledger, and what follows from it. */
import { servedCount, type Served } from '../page';
import type { HiddenCoin } from './coins';
import { countRowsIn, overlaps, type StoredWindow, type Window } from './windows';

export interface LedgerState {
  /** Grows by one with every commit; a commit that started from an older one is refused (P9). */
  readonly version: bigint;
  /** Newest first, without overlap. */
  readonly windows: readonly StoredWindow[];
  /** Its bounds cannot be trusted to select by mining date, so the whole list is paged. */
  readonly paged: boolean;
  /**
   * The longest span that the pool answers in full, ms, as learned by any scope of the account; null: no limit known.
   */
  readonly spanLimitMs: number | null;
  /**
   * Since when a list that held rows has shown none in any read, with reads at most 36 hours apart; null while it shows
   * rows.
   */
  readonly emptySinceMs: number | null;
  /** When the scope had its last deep check (probe, count, trial of windows: those that apply); null: none yet. */
  readonly deepCheckedAtMs: number | null;
  /** Coins that the pool totals for the account while its lists show none of them unless asked by name. */
  readonly hiddenCoins: readonly HiddenCoin[];
  /** Unreadable rows of the scope are on record, and were still served when last read. */
  readonly hasQuarantine: boolean;
  /** When the newest unserved row of the scope was mined, ms; null: there is none. */
  readonly newestUnservedMs: number | null;
  /** The database's clock (`sync.now()`) at the time of loading. */
  readonly nowMs: number;
}

/** Whether no window of the scope has ever been read completely. */
export function isUnread({ windows }: Pick<LedgerState, 'windows'>): boolean {
  return windows.every(({ verifiedAtMs }) => verifiedAtMs === null);
}

/** Whether every window of the scope has been read completely. */
export function isFullyRead({ windows }: Pick<LedgerState, 'windows'>): boolean {
  return windows.every(({ verifiedAtMs }) => verifiedAtMs !== null);
}

/** Whether one answer can count all rows of the scope, for a comparison with its windows. */
export function isCountable({ paged, spanLimitMs }: Pick<LedgerState, 'paged' | 'spanLimitMs'>): boolean {
  return !paged && spanLimitMs === null;
}

/**
 * How many rows the pool should count in all, if the read of a window is right and everything else is unchanged.
 * `missing`: live rows of the window that the read does not show.
 */
export function computeExpectedCount(
  { windows }: Pick<LedgerState, 'windows'>,
  window: Window,
  read: Served<unknown>,
  missing: number,
): number {
  const touched = windows.filter((stored) => overlaps(stored, window));
  const isReplaced = touched.every(({ fromMs, toMs }) => fromMs >= window.fromMs && toMs <= window.toMs);
  return countRowsIn(windows) - (isReplaced ? countRowsIn(touched) - servedCount(read) : missing);
}
