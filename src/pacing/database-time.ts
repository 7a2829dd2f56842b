/**
 * What a process knows about the database's clock by its own monotonic one. The times of places are written by the
 * database's clock, which may be stepped at any moment; how far a process may believe them is decided here.
 *
 * The *offset* is the database's clock minus the monotonic clock. A look at the database gives a lower bound of it:
 * the database read its clock before the answer arrived.
 */
export interface DatabaseTime {
  /** Monotonic ms: the clock has been watched without a long pause since then. */
  readonly sinceMs: number;
  /** What the looks found, oldest first. Never empty. */
  readonly bounds: readonly OffsetBound[];
}

interface OffsetBound {
  /** Monotonic ms of the answer. */
  readonly atMs: number;
  readonly lowestOffsetMs: number;
}

/** Who has not looked for this long has not watched: the clock could have gone back and forth unnoticed. */
const MAX_PAUSE_MS = 10_000;
/** Looks this close in time are kept as one, with the lower bound, so that their number stays small. */
const MERGE_MS = 100;

/** Adds an answer received at `receivedAtMs` (monotonic) that showed `databaseNowMs`; forgets all older than `memoryMs`. */
export function readClock(
  time: DatabaseTime | null,
  receivedAtMs: number,
  databaseNowMs: number,
  memoryMs: number,
): DatabaseTime {
  const bound: OffsetBound = { atMs: receivedAtMs, lowestOffsetMs: databaseNowMs - receivedAtMs };
  if (time === null || isForgotten(time, receivedAtMs)) return { sinceMs: receivedAtMs, bounds: [bound] };
  return { sinceMs: time.sinceMs, bounds: merged(dropOld(time.bounds, receivedAtMs - memoryMs), bound) };
}

/** How long the process has watched the database's clock. */
export function watchedMs(time: DatabaseTime | null, nowMs: number): number {
  return time === null || isForgotten(time, nowMs) ? 0 : Math.max(0, nowMs - time.sinceMs);
}

/**
 * The monotonic time from which a place has rested for sure that becomes usable at `usableAtMs` by the database's
 * clock, after a rest of `restMs`. It is reckoned with the lowest offset of the last `restMs`, so that time which the
 * clock leapt over since the rest began does not count. `time` includes the look that granted the place, and the
 * process had watched the clock for `restMs` before: a rest that began earlier than that is over.
 *
 * It holds whatever steps the clock makes, but for one back and one forward with no look of this process in between.
 */
export function restedAtMs(time: DatabaseTime, usableAtMs: number, restMs: number, nowMs: number): number {
  let lowestOffsetMs = Infinity;
  for (let index = time.bounds.length - 1; index >= 0; index--) {
    const bound = time.bounds[index];
    if (bound === undefined) break;
    lowestOffsetMs = Math.min(lowestOffsetMs, bound.lowestOffsetMs);
    // This is what was known when the rest began at the earliest: what was known before does not matter.
    if (bound.atMs < nowMs - restMs) break;
  }
  return usableAtMs - lowestOffsetMs;
}

function isForgotten(time: DatabaseTime, nowMs: number): boolean {
  return nowMs - (time.bounds.at(-1)?.atMs ?? -Infinity) > MAX_PAUSE_MS;
}

function dropOld(bounds: readonly OffsetBound[], beforeMs: number): readonly OffsetBound[] {
  const firstKept = bounds.findIndex((_, index) => (bounds[index + 1]?.atMs ?? Infinity) >= beforeMs);
  return firstKept <= 0 ? bounds : bounds.slice(firstKept);
}

function merged(bounds: readonly OffsetBound[], next: OffsetBound): readonly OffsetBound[] {
  const last = bounds.at(-1);
  const before = bounds.at(-2);
  if (last === undefined || before === undefined || next.atMs - before.atMs > MERGE_MS)
    return [...bounds, next];
  const lowestOffsetMs = Math.min(last.lowestOffsetMs, next.lowestOffsetMs);
  return [...bounds.slice(0, -1), { atMs: next.atMs, lowestOffsetMs }];
}
