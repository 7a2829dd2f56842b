/** A span of mining time, half open `[fromMs, toMs)`, ms since the epoch; `toMs` is Infinity for the newest one. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A window as the database knows it. */
export interface StoredWindow extends Window {
  readonly rowCount: number;
  readonly pendingCount: number;
  readonly quarantinedCount: number;
  /** When a complete read of it was last committed; null when it still has to be read. */
  readonly verifiedAtMs: number | null;
}

export const DAY_MS = 86_400_000;

export function startOfUtcDay(atMs: number): number {
  return Math.floor(atMs / DAY_MS) * DAY_MS;
}

export function contains(window: Window, atMs: number): boolean {
  return atMs >= window.fromMs && atMs < window.toMs;
}

/** The newest instant that is asked for: the end of tomorrow, since a pool may date a day by its end. */
export function horizonMs(poolNowMs: number): number {
  return startOfUtcDay(poolNowMs) + 2 * DAY_MS;
}

/**
 * The times to send for a window. The specification does not say which ends are included, so both reach one
 * instant too far, and rows outside the window are dropped.
 */
export function requestBounds(window: Window, poolNowMs: number): { startMs: number; endMs: number } {
  const endMs = Math.min(window.toMs, Math.max(horizonMs(poolNowMs), window.fromMs + DAY_MS));
  return { startMs: Math.max(0, window.fromMs - 1), endMs };
}

/** Rows that a window is planned to hold when a page holds `capacity`: a tenth is left for late ones. */
export function targetRows(capacity: number): number {
  return Math.max(1, Math.floor(capacity * 0.9));
}

/** What one overflowing response tells about where a window's rows lie. */
export interface OverflowSample {
  /** `minedAtMs` of the rows served, in the order served. */
  readonly instants: readonly number[];
  readonly totalNum: number;
}

type SampleOrder = 'newest-first' | 'oldest-first' | 'unordered';

function orderOf(instants: readonly number[]): SampleOrder {
  const isOrdered = (holds: (a: number, b: number) => boolean): boolean =>
    instants.every((at, i) => i === 0 || holds(instants[i - 1] ?? at, at));
  if (isOrdered((a, b) => a >= b)) return 'newest-first';
  return isOrdered((a, b) => a <= b) ? 'oldest-first' : 'unordered';
}

/** Estimates how many rows lie at or after `cutMs`. A hint only: the next request tells. */
function rowsSince(sample: OverflowSample, order: SampleOrder, cutMs: number): number {
  const newer = sample.instants.filter((at) => at >= cutMs).length;
  switch (order) {
    case 'newest-first':
      return newer;
    case 'oldest-first':
      return sample.totalNum - (sample.instants.length - newer);
    case 'unordered':
      return (sample.totalNum * newer) / Math.max(1, sample.instants.length);
  }
}

/**
 * Where to cut a window that did not fit a page, so that its newer part `[cut, to)` should hold at most `target`
 * rows; a multiple of `stepMs` strictly inside the window, or null when there is none.
 */
export function chooseCut(
  window: Window,
  sample: OverflowSample,
  options: { readonly target: number; readonly stepMs: number; readonly topMs: number },
): number | null {
  const { stepMs, target } = options;
  const topMs = Math.min(window.toMs, options.topMs);
  const lowest = (Math.floor(window.fromMs / stepMs) + 1) * stepMs;
  const highest = (Math.ceil(topMs / stepMs) - 1) * stepMs;
  if (lowest > highest) return null;
  const clamp = (cut: number): number => Math.min(highest, Math.max(lowest, cut));
  const order = orderOf(sample.instants);
  const inside = sample.instants.filter((at) => contains(window, at));
  if (inside.length === 0) return clamp(Math.floor((window.fromMs + topMs) / 2 / stepMs) * stepMs);
  const newestSeen = Math.max(...inside);
  if (order === 'oldest-first') {
    const oldestSeen = Math.min(...inside);
    if (newestSeen - oldestSeen >= stepMs) {
      const rowsPerMs = sample.instants.length / (newestSeen - oldestSeen + stepMs);
      return clamp(Math.ceil((topMs - target / rowsPerMs) / stepMs) * stepMs);
    }
  }
  const cuts = [...new Set(inside.map((at) => Math.floor(at / stepMs) * stepMs))].sort((a, b) => a - b);
  const fitting = cuts.find((cut) => cut >= lowest && rowsSince(sample, order, cut) <= target);
  if (fitting !== undefined) return clamp(fitting);
  // One step alone holds more than the target: set it apart, from above first, then from below.
  const crowded = Math.floor(newestSeen / stepMs) * stepMs;
  return crowded + stepMs <= highest ? crowded + stepMs : clamp(crowded);
}

/** How many rows a day were seen lately: the density by which the next older window is sized. */
export function nextDensity(previous: number, window: Window, rowCount: number, topMs: number): number {
  const days = Math.max(1, (Math.min(window.toMs, topMs) - window.fromMs) / DAY_MS);
  return rowCount === 0 ? previous / 4 : rowCount / days;
}

/**
 * The next window of a first sync, older than everything covered so far. The last one reaches down to
 * `historyStartMs` with an explicit start: it also asks whether anything is older.
 */
export function planOlderWindow(state: {
  readonly coveredFromMs: number;
  readonly historyStartMs: number;
  /** Rows not yet read, by the count of the first answer; 0 or less when they should all be there. */
  readonly remainingRows: number;
  readonly rowsPerDay: number;
  readonly capacity: number;
}): Window {
  const { coveredFromMs, historyStartMs, remainingRows, rowsPerDay, capacity } = state;
  const rest = { fromMs: historyStartMs, toMs: coveredFromMs };
  if (remainingRows <= Math.floor(capacity * 0.97)) return rest;
  const days = Math.max(1, Math.floor(targetRows(capacity) / Math.max(rowsPerDay, 1e-6)));
  const fromMs = startOfUtcDay(coveredFromMs - days * DAY_MS);
  return fromMs <= historyStartMs ? rest : { fromMs, toMs: coveredFromMs };
}

/**
 * Where to close the newest window once it holds many rows, so that it goes on fitting one page: it keeps the
 * days of the daily tier when they are at most two thirds of it, else its newer half. Null while it is small.
 */
export function chooseNewestCut(
  window: Window,
  instants: readonly number[],
  options: { readonly capacity: number; readonly recentFromMs: number },
): number | null {
  if (instants.length <= Math.floor(options.capacity * 0.8)) return null;
  const sorted = [...instants].sort((a, b) => a - b);
  const recent = startOfUtcDay(options.recentFromMs);
  const recentRows = sorted.filter((at) => at >= recent).length;
  const median = startOfUtcDay(sorted[Math.floor(sorted.length / 2)] ?? window.fromMs);
  const cut = recentRows > 0 && recentRows <= (sorted.length * 2) / 3 ? recent : median;
  return cut > window.fromMs ? cut : null;
}
