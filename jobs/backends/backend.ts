import type { Queue, Worker as JobWorker, WorkerOptions } from 'bullmq';
import type { QueuedJob } from '../job-context';

/** As much of a queue as we use, on either backend. */
export type JobQueue = Pick<
  Queue<unknown, unknown>,
  | 'add'
  | 'addBulk'
  | 'upsertJobScheduler'
  | 'getJobSchedulers'
  | 'removeJobScheduler'
  | 'getJobCounts'
  | 'getJobs'
  | 'waitUntilReady'
  | 'close'
> & { on(event: 'error', listener: (error: Error) => void): unknown };

/** As much of a BullMQ Worker as we use: a runner of jobs. */
export type JobRunner = Pick<JobWorker<unknown, unknown>, 'close' | 'run' | 'waitUntilReady'> & {
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'active', listener: () => void): unknown;
  on(event: 'stalled', listener: (jobId: string) => void): unknown;
  /** Leaves what is in hand to others, when `close` takes too long: nothing of it keeps the process alive any more. */
  abandon(): Promise<void>;
};

export type RunnerOptions = Omit<WorkerOptions, 'connection' | 'prefix'>;

/** Where the jobs are kept. One code runs on both kinds. */
export interface QueueBackend {
  openQueue(): JobQueue;
  /** Does not begin before its `run`. */
  openRunner(
    process: (job: QueuedJob, token?: string) => Promise<unknown>,
    options: RunnerOptions,
  ): JobRunner;
  /** Calls `listener` whenever the place of the jobs was away and answers again: it may have forgotten everything. */
  onReturn(listener: () => void): void;
  /** To be called after the queues and runners were closed. */
  close(): Promise<void>;
}
