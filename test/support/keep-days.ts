import type { KeepDays } from '../../src/core/keep-days';

/** Everything is kept for ever, except what `days` says: tests do not spell out the rest. */
export function keepDays(days: Partial<KeepDays> = {}): KeepDays {
  return { workerSamples: null, workerHourly: null, workerDaily: null, runs: null, ...days };
}
