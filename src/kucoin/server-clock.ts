import type { Clock } from '../core/clock';

/** A difference larger than the one-second resolution of `Date` explains. */
const TOLERANCE_MS = 1_500;
/** `Date` is cut to the second: on average half a second has passed since. */
const HALF_DATE_STEP_MS = 500;

/** When a request went out and its first byte came back, by the host's clock, and the `Date` between them. */
export interface DateObservation {
  readonly dateMs: number;
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
}

/** The pool's clock as far as we can tell it: the host's clock and an offset measured from `Date` headers. */
export interface ServerClock {
  /** ms since the epoch. */
  now(): number;
  /** Pool minus host, ms. */
  offsetMs(): number;
  /**
   * Takes the offset over when it contradicts the present one by more than 1.5 s and half the round trip (the
   * server wrote its `Date` at an unknown moment within it). True when it did.
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
      const uncertaintyMs = TOLERANCE_MS + Math.abs(answeredAtMs - sentAtMs) / 2;
      if (Math.abs(measuredMs - offsetMs) <= uncertaintyMs) return false;
      offsetMs = Math.round(measuredMs);
      return true;
    },
  };
}
