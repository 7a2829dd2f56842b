/**
 * What a process knows about the database's clock by its own monotonic one. Times of places are written by the
 * database's clock, which may be stepped; how far a process may believe them is decided here, without I/O.
 *
 * `offset` is the database's clock minus the monotonic clock. Each look of the process at the database bounds it,
 * since the database read its clock between the sending of the look and its answer.
 */
export interface DatabaseTime {
  /** Monotonic ms: the clock has been watched since then. */
  readonly sinceMs: number;
  /** Lower bounds of the offset and when each was found, oldest first. Never empty. */
  readonly bounds: readonly OffsetBound[];
}

interface OffsetBound {
  readonly atMs: number;
  readonly lowestOffsetMs: number;
}

/** One look: sent and answered by the monotonic clock, and what the database's clock showed in between. */
export interface ClockReading {
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
  readonly databaseNowMs: number;
}

/** Two honest clocks drift apart no faster than this: 2 ms in a second, less than the guard of a place's rest. */
const DRIFT = 0.002;
/** Bounds this close in time are kept as one, the lower of them, so that their number stays small. */
const MERGE_MS = 100;

/** Adds a reading; forgets what is older than `memoryMs`, except the newest bound that is. */
export function readClock(time: DatabaseTime | null, reading: ClockReading, memoryMs: number): DatabaseTime {
  const { sentAtMs, receivedAtMs, databaseNowMs } = reading;
  const lowest = databaseNowMs - receivedAtMs;
  if (time === null)
    return { sinceMs: receivedAtMs, bounds: [{ atMs: receivedAtMs, lowestOffsetMs: lowest }] };
  const drifted = lastLowestOffsetMs(time, receivedAtMs);
  // A slow answer says little, so an older and better bound stands, unless this reading proves that the clock went back.
  const wentBack = databaseNowMs - sentAtMs < drifted;
  const bound = { atMs: receivedAtMs, lowestOffsetMs: wentBack ? lowest : Math.max(lowest, drifted) };
  return { sinceMs: time.sinceMs, bounds: merged(dropOld(time.bounds, receivedAtMs - memoryMs), bound) };
}

/** How long the process has watched the database's clock. */
export function watchedMs(time: DatabaseTime | null, nowMs: number): number {
  return time === null ? 0 : Math.max(0, nowMs - time.sinceMs);
}

/**
 * The monotonic time from which a place has rested for sure: `usableAtMs` by the database's clock, at the end of a
 * rest of `restMs`. It is read with the lowest offset of the last `restMs`: had the clock been stepped forward since
 * the rest began, the time before the step would count. A rest that began earlier is over anyway.
 *
 * It holds whatever single step the clock made; a step back and another forward that no look of this process fell
 * between cannot be noticed.
 */
export function restedAtMs(time: DatabaseTime, usableAtMs: number, restMs: number, nowMs: number): number {
  let lowest = lastLowestOffsetMs(time, nowMs);
  for (let index = time.bounds.length - 1; index >= 0; index--) {
    const bound = time.bounds[index];
    if (bound === undefined) break;
    lowest = Math.min(lowest, bound.lowestOffsetMs);
    // This bound was the valid one when the rest began: older ones do not matter.
    if (bound.atMs < nowMs - restMs) break;
  }
  return Math.min(usableAtMs - lowest, nowMs + restMs);
}

function lastLowestOffsetMs(time: DatabaseTime, nowMs: number): number {
  const last = time.bounds.at(-1);
  return last === undefined ? -Infinity : last.lowestOffsetMs - DRIFT * (nowMs - last.atMs);
}

function dropOld(bounds: readonly OffsetBound[], beforeMs: number): readonly OffsetBound[] {
  const firstKept = bounds.findIndex((bound, index) => (bounds[index + 1]?.atMs ?? Infinity) >= beforeMs);
  return firstKept <= 0 ? bounds : bounds.slice(firstKept);
}

function merged(bounds: readonly OffsetBound[], next: OffsetBound): readonly OffsetBound[] {
  const last = bounds.at(-1);
  const before = bounds.at(-2);
  if (last === undefined || before === undefined || next.atMs - before.atMs > MERGE_MS)
    return [...bounds, next];
  return [
    ...bounds.slice(0, -1),
    { atMs: next.atMs, lowestOffsetMs: Math.min(last.lowestOffsetMs, next.lowestOffsetMs) },
  ];
}
