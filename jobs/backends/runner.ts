import {
  Worker as JobWorker,
  type BackendFactory,
  type IQueueBackend,
  type JobProgress,
  type WorkerOptions,
} from 'bullmq';
import type { QueuedJob } from '../job-context';
import { QUEUE_NAME } from '../job-names';
import type { JobRunner, RunnerOptions } from './backend';

/**
 * After a failed check for stalled jobs, BullMQ 6.7 waits 5 s in a timer that `close` does not clear, so a stopping
 * process stays alive for it. The interval between checks, which `close` does clear, is enough.
 */
class StoppableWorker<B extends IQueueBackend, Connection> extends JobWorker<
  unknown,
  unknown,
  string,
  B,
  JobProgress,
  Connection
> {
  protected override checkConnectionError<T>(work: () => Promise<T>): Promise<T | undefined> {
    return super.checkConnectionError(work, 0);
  }

  /** `close` cannot finish, and would keep extending the locks of its jobs. */
  abandon(): Promise<void> {
    return this.lockManager.close();
  }
}

/** A runner that starts with its `run`. */
export function createRunner<B extends IQueueBackend, Connection>(
  process: (job: QueuedJob, token?: string) => Promise<unknown>,
  options: RunnerOptions & Pick<WorkerOptions<Connection>, 'connection' | 'prefix'>,
  backend: BackendFactory<B, Connection>,
): JobRunner {
  return new StoppableWorker<B, Connection>(QUEUE_NAME, process, { ...options, autorun: false }, backend);
}
