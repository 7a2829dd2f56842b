/** The pool's time: it runs like the host's monotonic clock, from an instant of the caller's choice, and jumps. */
export interface SimulatedClock {
  /** Milliseconds since the epoch, whole. */
  now(): number;
  /**
   * Jumps by `ms`, and lets the world live through that time. A negative jump moves only the clock: what happened
   * stays.
   */
  advance(ms: number): void;
}

export function createSimulatedClock(
  startAtMs: number,
  monotonicMs: () => number,
  onAdvance: (nowMs: number) => void,
): SimulatedClock {
  const startedAtMs = monotonicMs();
  let jumpedMs = 0;
  const now = () => Math.floor(startAtMs + jumpedMs + (monotonicMs() - startedAtMs));
  return {
    now,
    advance(ms) {
      jumpedMs += ms;
      onAdvance(now());
    },
  };
}
