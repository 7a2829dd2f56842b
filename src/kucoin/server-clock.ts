import type { Clock } from '../core/clock';

/** A difference larger than the one-second resolution of `Date` explains. */
const DATE_TOLERANCE_MS = 1_500;
/** `Date` is truncated to the second, so it is half a second old on average. */
const HALF_DATE_STEP_MS = 500;

/** When a request was sent and its headers arrived, by the host's clock, and the `Date` of the answer. */
export interface DateObservation {
  readonly dateMs: number;
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
}

/** The pool's clock, estimated: the host's clock plus an offset measured from `Date` headers. */
export interface ServerClock {
  /** ms since the epoch. */
  now(): number;
  /** The pool's clock minus the host's, ms. */
  offsetMs(): number;
  /**
   * Adopts the measured offset if it differs from the current one by more than 1.5 s plus half the round trip (the
   * server wrote its `Date` at an unknown moment of it). Returns whether it did.
   */
  observe(observation: DateObservation): boolean;
}

export function createServerClock(clock: Clock): ServerClock {
  let offsetMs = 0;
  return {
    now: () => clock.now() + offsetMs,
    offsetMs: () => offsetMs,
    observe({ dateMs, sentAtMs, answeredAtMs }) {
      const measuredMs = dateMs + HALF_DATE_STEP_MS - (sentAtMs + answeredAtMs) / 2;
      const uncertaintyMs = DATE_TOLERANCE_MS + Math.abs(answeredAtMs - sentAtMs) / 2;
      if (Math.abs(measuredMs - offsetMs) <= uncertaintyMs) return false;
      offsetMs = Math.round(measuredMs);
      return true;
    },
  };
}
