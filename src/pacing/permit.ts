import type { Clock } from '../core/clock';
import type { Permit } from '../core/pacer';
import { PERMIT_LIFE_MS, REST_MS } from './time-limits';

/** Both clocks of this host at one moment. */
export interface ClockReading {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export function readClocks(clock: Clock): ClockReading {
  return { monotonicMs: clock.monotonicMs(), wallMs: clock.now() };
}

/**
 * `requestedAt` is when the poll was sent: the lease began later, so a life counted from then ends before the lease
 * does. `onHandBack` is called once, with the rest that the slot still needs, ms.
 */
export function createPermit(
  clock: Clock,
  requestedAt: ClockReading,
  onHandBack: (restMs: number) => void,
): Permit {
  let state: 'granted' | 'used' | 'handed-back' = 'granted';
  const handBack = (restMs: number): void => {
    state = 'handed-back';
    onHandBack(restMs);
  };
  return {
    use() {
      // One dispatch per permit.
      if (state !== 'granted') return false;
      const now = readClocks(clock);
      // The monotonic clock stops while a host sleeps or a virtual machine is moved; the wall clock does not.
      const ageMs = Math.max(now.monotonicMs - requestedAt.monotonicMs, now.wallMs - requestedAt.wallMs);
      if (ageMs >= PERMIT_LIFE_MS) {
        handBack(0);
        return false;
      }
      state = 'used';
      return true;
    },
    answered() {
      if (state === 'granted') handBack(0);
      else if (state === 'used') handBack(REST_MS);
    },
  };
}
