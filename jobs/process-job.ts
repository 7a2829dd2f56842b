import { UnrecoverableError } from 'bullmq';
import type { JobContext, JobMetrics, QueuedJob } from './job-context';
import { ABANDONED_RUNS_JOB, parseJobName, RETENTION_JOB } from './job-names';
import { closeAbandonedRuns, keepHouse } from './maintenance';
import { planStream } from './plan-stream';
import { syncScope } from './sync-scope';

/** Errors by which a processor tells BullMQ that the job is elsewhere already. */
const MOVED = ['DelayedError', 'WaitingError'];

/** Processes any job of the queue and counts how it went. */
export async function processJob(
  context: JobContext,
  metrics: JobMetrics,
  job: QueuedJob,
  token: string,
): Promise<string> {
  const startedMs = context.clock.monotonicMs();
  const count = (outcome: string): void =>
    metrics.jobFinished(job.name, outcome, (context.clock.monotonicMs() - startedMs) / 1_000);
  try {
    const outcome = await dispatch(context, job, token);
    count('completed');
    return outcome;
  } catch (error) {
    count(error instanceof Error && MOVED.includes(error.name) ? 'moved' : 'failed');
    throw error;
  }
}

async function dispatch(context: JobContext, job: QueuedJob, token: string): Promise<string> {
  if (job.name === RETENTION_JOB) return keepHouse(context);
  if (job.name === ABANDONED_RUNS_JOB) return closeAbandonedRuns(context);
  const parsed = parseJobName(job.name);
  if (parsed === null) throw new UnrecoverableError(`There is no job ${job.name} in this version.`);
  if (parsed.kind === 'sync') return syncScope(context, job, token);
  return `${await planStream(context, parsed.stream)} scopes`;
}
