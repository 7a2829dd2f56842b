import type { KeepDays } from '../../src/core/keep-days';

/** Keeps everything, except for the kinds in `days`. */
export function keepDays(days: Partial<KeepDays> = {}): KeepDays {
  return { workerSamples: null, workerHourly: null, workerDaily: null, runs: null, ...days };
}
