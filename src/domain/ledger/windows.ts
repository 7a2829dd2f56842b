import { DAY_MS, startOfUtcDay } from '../../core/day';

/** A span of mining time, half open `[fromMs, toMs)`, ms since the epoch; `toMs` is Infinity for the newest one. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A window as stored in the database. */
export interface StoredWindow extends Window {
  readonly rowCount: number;
  readonly pendingCount: number;
  readonly quarantinedCount: number;
  /** Live rows that the last complete read did not serve, kept because an unreadable row may be any of them. */
  readonly inDoubtCount: number;
  /** When a complete read of it was last committed; null when it still has to be read. */
  readonly verifiedAtMs: number | null;
}

/** The rows that the pool served when these windows were read. */
export function countRowsIn(windows: readonly StoredWindow[]): number {
  return windows.reduce((sum, { rowCount, quarantinedCount }) => sum + rowCount + quarantinedCount, 0);
}

export function contains(window: Window, atMs: number): boolean {
  return atMs >= window.fromMs && atMs < window.toMs;
}

export function overlaps(a: Window, b: Window): boolean {
  return a.fromMs < b.toMs && b.fromMs < a.toMs;
}

export function isSameWindow(a: Window, b: Window): boolean {
  return a.fromMs === b.fromMs && a.toMs === b.toMs;
}

/** The newest instant to ask for: the end of tomorrow, since a pool may date a day by its end. */
export function horizonMsOf(poolNowMs: number): number {
  return startOfUtcDay(poolNowMs) + 2 * DAY_MS;
}

/**
 * The times to send for a window. The specification does not say which ends are included, so the request reaches one
 * instant beyond each, and rows outside the window are dropped.
 */
export function requestBoundsOf(window: Window, poolNowMs: number): { startMs: number; endMs: number } {
  const endMs = Math.min(window.toMs, Math.max(horizonMsOf(poolNowMs), window.fromMs + DAY_MS));
  return { startMs: Math.max(0, window.fromMs - 1), endMs };
}

/** The span that a request for the window covers, ms. */
export function spanMsOf(window: Window, poolNowMs: number): number {
  return Math.min(window.toMs, horizonMsOf(poolNowMs)) - window.fromMs;
}
