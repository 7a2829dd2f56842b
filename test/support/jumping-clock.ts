import { systemClock, type Clock } from '../../src/core/clock';

export interface JumpingClock extends Clock {
  /** A test may let others do something while one sleeps. */
  sleep: Clock['sleep'];
  /** How long each sleep was meant to be, ms. */
  readonly sleeps: readonly number[];
}

/**
 * A clock whose sleeps take no time: they put it forward. Otherwise it runs on, or stands still; its wall clock is ahead
 * of the machine's by `aheadMs`.
 */
export function jumpingClock({ aheadMs = 0, standsStill = false } = {}): JumpingClock {
  const startMs = systemClock.monotonicMs();
  const sleeps: number[] = [];
  let sleptMs = 0;
  return {
    sleeps,
    now: () => systemClock.now() + aheadMs + sleptMs,
    monotonicMs: () => (standsStill ? startMs : systemClock.monotonicMs()) + sleptMs,
    sleep(ms) {
      sleeps.push(ms);
      sleptMs += ms;
      return Promise.resolve();
    },
  };
}
