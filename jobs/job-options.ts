import type { JobsOptions } from 'bullmq';

/** Outcomes are kept in `sync.runs`; the queue keeps the last jobs for its page. */
const KEEP_COMPLETED = 100;
const KEEP_FAILED = 500;

/**
 * Options of every job. One attempt: the database decides when a failed scope is retried, by its own clock. No
 * stack traces are kept.
 */
export const JOB_DEFAULTS: JobsOptions = {
  attempts: 1,
  removeOnComplete: { count: KEEP_COMPLETED },
  removeOnFail: { count: KEEP_FAILED },
  stackTraceLimit: 0,
};
