/** Which windows of a scope a run reads again. */
import { DAY_MS, startOfUtcDay } from '../../core/day';
import { overlaps, spanMsOf, type StoredWindow, type Window } from '../ledger/windows';

/** How much is read again, and how often. */
export interface LedgerTiers {
  /** Oldest instant of interest: 00:00 UTC of `HISTORY_START`. */
  readonly historyStartMs: number;
  /** Days that the daily tier reads again. */
  readonly recentDays: number;
  readonly recentEveryMs: number;
  readonly fullEveryMs: number;
}

export interface WindowRequest {
  /** Read again whatever was verified before this instant of the database's clock; null: only what is due. */
  readonly verifyBeforeMs: number | null;
  /** Only windows that overlap this span; null: all. */
  readonly span: Window | null;
}

/** What a run asks for, and what it knows. */
interface DueFacts {
  readonly request: WindowRequest;
  /** By the database's clock. */
  readonly startedAtMs: number;
  readonly poolNowMs: number;
  /** The longest span that the pool answers in full, ms. */
  readonly spanLimitMs: number;
  readonly tiers: LedgerTiers;
}

/**
 * Whether a window is due. Always: if it is not verified, if it is longer than what the pool answers in full, or if it
 * is the newest one. Daily: the last days, and any window with a pending row or a doubt. Weekly: every window.
 */
export function isWindowDue(window: StoredWindow, facts: DueFacts): boolean {
  const { request, startedAtMs, poolNowMs, tiers } = facts;
  const { toMs, verifiedAtMs } = window;
  if (request.span !== null && !overlaps(window, request.span)) return false;
  if (verifiedAtMs === null || spanMsOf(window, poolNowMs) > facts.spanLimitMs) return true;
  if (verifiedAtMs >= startedAtMs) return false;
  if (request.verifyBeforeMs !== null) return verifiedAtMs < request.verifyBeforeMs;
  const today = startOfUtcDay(poolNowMs);
  const isRecent = toMs > today - tiers.recentDays * DAY_MS;
  const isOpen = window.pendingCount + window.quarantinedCount + window.inDoubtCount > 0;
  const everyMs = isRecent || isOpen ? tiers.recentEveryMs : tiers.fullEveryMs;
  return toMs > today || startedAtMs - verifiedAtMs >= everyMs;
}
