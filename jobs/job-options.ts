import type { JobsOptions } from 'bullmq';

/** How every job failed or succeeded is in `sync.runs` for long; the queue keeps the last ones for the eye. */
const KEEP_COMPLETED = 100;
const KEEP_FAILED = 500;
/** So long as a failure may pass by itself its job goes on; the plan would only make the same one. */
const MAX_ATTEMPTS = 100_000;

/** Options of every job. Nothing is kept of a stack: our failures say what they are. */
export const JOB_DEFAULTS: JobsOptions = {
  attempts: MAX_ATTEMPTS,
  backoff: { type: 'custom' },
  removeOnComplete: { count: KEEP_COMPLETED },
  removeOnFail: { count: KEEP_FAILED },
  stackTraceLimit: 0,
};
