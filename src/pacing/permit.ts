import type { Clock } from '../core/clock';
import { PERMIT_LIFE_MS, REST_MS } from './time-limits';

/** The right to send one request. */
export interface Permit {
  /** Marks the dispatch, now. False when the permit has expired, unused for 1 s: acquire another. */
  use(): boolean;
  /** The request was answered, its socket destroyed, or it was never sent. Call exactly once, in `finally`. */
  answered(): void;
}

/** A moment by both clocks of this host. */
export interface Moment {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export function momentOf(clock: Clock): Moment {
  return { monotonicMs: clock.monotonicMs(), wallMs: clock.now() };
}

/**
 * `requestedAt` is when the poll was sent: the lease began later, so a life counted from then ends before the lease
 * does. `giveBack` is called once, with the rest that the slot still needs, ms.
 */
export function createPermit(clock: Clock, requestedAt: Moment, giveBack: (restMs: number) => void): Permit {
  let state: 'granted' | 'used' | 'returned' = 'granted';
  const finish = (restMs: number): void => {
    state = 'returned';
    giveBack(restMs);
  };
  return {
    use() {
      // One dispatch per permit.
      if (state !== 'granted') return false;
      const now = momentOf(clock);
      // The monotonic clock stops while a host sleeps or a virtual machine is moved; the wall clock does not.
      const ageMs = Math.max(now.monotonicMs - requestedAt.monotonicMs, now.wallMs - requestedAt.wallMs);
      if (ageMs >= PERMIT_LIFE_MS) {
        finish(0);
        return false;
      }
      state = 'used';
      return true;
    },
    answered() {
      if (state === 'granted') finish(0);
      else if (state === 'used') finish(REST_MS);
    },
  };
}
