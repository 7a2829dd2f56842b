import type { JobQueue } from './backends/backend';

/** Jobs shown for each state; the counts are complete. */
const MAX_JOBS_SHOWN = 50;
const STATES = ['active', 'prioritized', 'waiting', 'delayed', 'failed', 'completed'] as const;

/** A job as the page shows it. */
export interface JobSnapshot {
  readonly state: string;
  readonly name: string;
  /** Account, sub-account and algorithm; empty for a job without them. */
  readonly scope: string;
  readonly attempts: number;
  /** When it will start, started, or ended. */
  readonly at: Date;
  readonly error: string | null;
}

/** The queue at one moment. */
export interface QueueSnapshot {
  readonly counts: Readonly<Record<string, number>>;
  readonly jobs: readonly JobSnapshot[];
}

/** Reads the queue without changing it. */
export async function readQueue(queue: Pick<JobQueue, 'getJobs' | 'getJobCounts'>): Promise<QueueSnapshot> {
  const counts = await queue.getJobCounts(...STATES);
  const jobs: JobSnapshot[] = [];
  for (const state of STATES) {
    const isOver = state === 'failed' || state === 'completed';
    // The newest of the finished jobs, and the next of the others.
    for (const job of await queue.getJobs([state], 0, MAX_JOBS_SHOWN - 1, !isOver)) {
      const waitsUntilMs = job.timestamp + (state === 'delayed' ? job.delay : 0);
      jobs.push({
        state,
        name: job.name,
        scope: describeScope(job.data),
        attempts: job.attemptsMade,
        at: new Date(
          (isOver ? job.finishedOn : state === 'active' ? job.processedOn : undefined) ?? waitsUntilMs,
        ),
        error: state === 'failed' ? job.failedReason : null,
      });
    }
  }
  return { counts, jobs };
}

/** The parts of a payload that name something. */
function describeScope(data: unknown): string {
  if (typeof data !== 'object' || data === null) return '';
  const { account, puid, algo } = data as Readonly<Record<string, unknown>>;
  return [account, puid, algo].filter((part) => typeof part === 'string' && part !== '').join(' ');
}
