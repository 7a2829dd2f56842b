import { millisecondsInHour } from 'date-fns/constants';
import { ABANDONED_RUNS_JOB, RETENTION_JOB } from './job-names';
import type { JobContext } from './job-context';

/** Regular jobs other than plans, and their intervals, ms. */
export const MAINTENANCE_EVERY_MS: ReadonlyMap<string, number> = new Map([
  [RETENTION_JOB, 24 * millisecondsInHour],
  [ABANDONED_RUNS_JOB, millisecondsInHour],
]);

/** Deletes history past its retention. */
export async function runRetention({ service, keepDays, log }: JobContext): Promise<string> {
  const retained = await service.enforceRetention(keepDays);
  const done = Object.entries(retained).filter(([, count]) => count > 0);
  if (done.length > 0)
    log.info('Deleted history past its retention, made room for the coming days.', Object.fromEntries(done));
  return 'done';
}

/** Closes the records of runs whose process died. */
export async function closeAbandonedRuns({ service, log }: JobContext): Promise<string> {
  const closed = await service.closeAbandonedRuns();
  if (closed > 0) log.warn('Closed the records of runs whose process ended.', { runs: closed });
  return `${closed} closed`;
}
