import type { JobContext } from './job-context';

/** No sync of one scope takes so long; one that does is recorded all the same when it ends. */
const ABANDONED_AFTER_MS = 6 * 3_600_000;

/** Daily: lets go of what is older than it is kept. */
export async function keepHouse({ service, keepDays, log }: JobContext): Promise<string> {
  const retained = await service.enforceRetention(keepDays);
  log.info('Let go of old history.', { ...retained });
  return 'done';
}

/** Hourly: closes the records of runs whose process died. */
export async function closeAbandonedRuns({ service, log }: JobContext): Promise<string> {
  const closed = await service.closeAbandonedRuns(ABANDONED_AFTER_MS);
  if (closed > 0) log.warn('Closed runs that ended without a word.', { runs: closed });
  return `${closed} closed`;
}
