import type { JobsOptions } from 'bullmq';

/** How every job failed or succeeded is in `sync.runs` for long; the queue keeps the last ones for the eye. */
const KEEP_COMPLETED = 100;
const KEEP_FAILED = 500;

/**
 * Options of every job. One attempt: when a scope that failed is tried again the database knows, by its own clock. Nothing
 * is kept of a stack: our failures say what they are.
 */
export const JOB_DEFAULTS: JobsOptions = {
  attempts: 1,
  removeOnComplete: { count: KEEP_COMPLETED },
  removeOnFail: { count: KEEP_FAILED },
  stackTraceLimit: 0,
};
