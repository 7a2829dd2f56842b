import { systemClock, type Clock } from '../../src/core/clock';

/** A clock whose waits and measurements pass `factor` times as fast. The time of day is the machine's. */
export function fastClock(factor: number): Clock {
  return {
    now: () => systemClock.now(),
    monotonicMs: () => systemClock.monotonicMs() * factor,
    sleep: (ms, signal) => systemClock.sleep(ms / factor, signal),
  };
}
