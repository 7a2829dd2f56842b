import type { Queue, Worker as JobWorker, WorkerOptions } from 'bullmq';
import type { QueuedJob } from '../job-context';

/** The part of a BullMQ queue that we use, on either backend. */
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

/** The part of a BullMQ Worker that we use: a runner of jobs. */
export type JobRunner = Pick<JobWorker<unknown, unknown>, 'close' | 'run' | 'waitUntilReady'> & {
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'active', listener: () => void): unknown;
  on(event: 'stalled', listener: (jobId: string) => void): unknown;
  /** Gives up the jobs in progress if `close` takes too long, so that none of them keeps the process alive. */
  abandon(): Promise<void>;
};

export type RunnerOptions = Omit<WorkerOptions, 'connection' | 'prefix'>;

/** The store of the queue. The same code runs on both kinds. */
export interface QueueBackend {
  openQueue(): JobQueue;
  /** Starts with its `run`. */
  openRunner(
    process: (job: QueuedJob, token?: string) => Promise<unknown>,
    options: RunnerOptions,
  ): JobRunner;
  /** Calls `listener` whenever the backend answers again after an outage, in which it may have lost everything. */
  onReturn(listener: () => void): void;
  /** Call it after closing the queues and runners. */
  close(): Promise<void>;
}
