import { PERMIT_LIFE_MS, REST_MS } from './rest';

/** Leave to send one request. */
export interface Permit {
  /** Marks the dispatch, now. False when the permit has expired, unused for 1 s: acquire another. */
  use(): boolean;
  /** The request was answered, or its socket destroyed, or it was never sent. Call it exactly once, in `finally`. */
  answered(): void;
}

/**
 * `requestedAtMs` is when the look was sent that gave the permit: its lease began later, so a life counted from here
 * ends before the lease does. `giveBack` is called once, with the rest that the place needs from then on, ms.
 */
export function createPermit(
  requestedAtMs: number,
  monotonicMs: () => number,
  giveBack: (restMs: number) => void,
): Permit {
  let state: 'granted' | 'used' | 'returned' = 'granted';
  const finish = (restMs: number): void => {
    state = 'returned';
    giveBack(restMs);
  };
  return {
    use() {
      // One permit is one dispatch.
      if (state !== 'granted') return false;
      if (monotonicMs() - requestedAtMs >= PERMIT_LIFE_MS) {
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
