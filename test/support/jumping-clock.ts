import { systemClock, type Clock } from '../../src/core/clock';

export interface JumpingClock extends Clock {
  /** A test may replace it, to let something happen during a sleep. */
  sleep: Clock['sleep'];
  /** The length of each sleep, ms. */
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
