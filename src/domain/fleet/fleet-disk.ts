import { DAY_MS } from '../../core/day';
import type { KeepDays } from '../../core/keep-days';

/** Bytes of a row on disk, with its indexes and the free space for updates (bench/fleet.ts, 100,000 workers). */
const ROW_BYTES = { samples: 45, hourly: 320, daily: 320 } as const;
const HOURS_PER_DAY = 24;
const DAYS_PER_YEAR = 365;

export interface FleetFacts {
  /** Workers that the pool lists. */
  readonly workers: number;
  /** Workers last seen ACTIVE: each adds one sample per snapshot. */
  readonly activeWorkers: number;
}

export interface FleetHabits {
  readonly snapshotEveryMs: number;
  readonly keepDays: Pick<KeepDays, 'workerSamples' | 'workerHourly' | 'workerDaily'>;
}

/** Bytes. Unlimited history is projected to its first year. */
export interface FleetDisk {
  readonly samplesBytes: number;
  readonly hourlyBytes: number;
  readonly dailyBytes: number;
  readonly totalBytes: number;
  /** Growth per further year of unlimited history. */
  readonly bytesPerYear: number;
}

/** Projects the disk that a fleet of this size takes. */
export function projectFleetDisk(facts: FleetFacts, { snapshotEveryMs, keepDays }: FleetHabits): FleetDisk {
  const daily = {
    samples: facts.activeWorkers * (DAY_MS / snapshotEveryMs) * ROW_BYTES.samples,
    hourly: facts.workers * HOURS_PER_DAY * ROW_BYTES.hourly,
    daily: facts.workers * ROW_BYTES.daily,
  };
  const kept = (bytesPerDay: number, days: number | null): number =>
    Math.round(bytesPerDay * (days ?? DAYS_PER_YEAR));
  const samplesBytes = kept(daily.samples, keepDays.workerSamples);
  const hourlyBytes = kept(daily.hourly, keepDays.workerHourly);
  const dailyBytes = kept(daily.daily, keepDays.workerDaily);
  const growing =
    (keepDays.workerSamples === null ? daily.samples : 0) +
    (keepDays.workerHourly === null ? daily.hourly : 0) +
    (keepDays.workerDaily === null ? daily.daily : 0);
  return {
    samplesBytes,
    hourlyBytes,
    dailyBytes,
    totalBytes: samplesBytes + hourlyBytes + dailyBytes,
    bytesPerYear: Math.round(growing * DAYS_PER_YEAR),
  };
}
