import { systemClock, type Clock } from '../../src/core/clock';

/** Time that passes `factor` times as fast for waits and measurements. The time of day is the machine's. */
export function fastClock(factor: number): Clock {
  return {
    now: () => systemClock.now(),
    monotonicMs: () => systemClock.monotonicMs() * factor,
    sleep: (ms, signal) => systemClock.sleep(ms / factor, signal),
  };
}
