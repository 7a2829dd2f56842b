/** The pool counts requests in windows of this length. */
const WINDOW_MS = 1_000;
/** For clocks that run unevenly: the difference between a second here and a second at the pool. */
const GUARD_MS = 5;

/**
 * A place rests this long after its request was answered. A request arrives at the pool between its dispatch and its
 * answer, so the arrivals of two requests that follow each other in one place are more than a window apart, and
 * N places can never have N + 1 arrivals in a window (P6).
 */
export const REST_MS = WINDOW_MS + GUARD_MS;

/** A permit that was not used for this long is thrown away. */
export const PERMIT_LIFE_MS = 1_000;

/**
 * How long a place is out of use when its holder never says another word: the permit may be used until the end of its
 * life, the socket is destroyed at the client's total timeout, and then the place rests.
 */
export function leaseMs(totalTimeoutMs: number): number {
  return PERMIT_LIFE_MS + totalTimeoutMs + REST_MS;
}

/**
 * A place is asked for this long before it may be used, and its permit held back in the process until then, so that the
 * time that the database takes is not lost to the pace.
 */
export const AHEAD_MS = 100;
