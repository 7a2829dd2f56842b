import { UnrecoverableError } from 'bullmq';
import { findAccount, type JobContext, type JobMetrics, type QueuedJob } from './job-context';
import { ABANDONED_RUNS_JOB, parseJobName, RETENTION_JOB } from './job-names';
import { closeAbandonedRuns, runRetention } from './maintenance';
import { planStreams } from './plan';
import { syncScope } from './sync-scope';

/** The error by which a processor tells BullMQ that the job was given back. */
const GIVEN_BACK = 'WaitingError';

/** Runs any job of the queue and counts its outcome. */
export async function processJob(
  context: JobContext,
  metrics: JobMetrics,
  job: QueuedJob,
  token: string,
): Promise<string> {
  const startedMs = context.clock.monotonicMs();
  const count = (outcome: string): void =>
    metrics.jobFinished(
      accountOf(context, job),
      job.name,
      outcome,
      (context.clock.monotonicMs() - startedMs) / 1_000,
    );
  const { id = '' } = job;
  context.inFlight.add(id);
  try {
    const outcome = await dispatch(context, job, token);
    count('completed');
    return outcome;
  } catch (error) {
    count(error instanceof Error && error.name === GIVEN_BACK ? 'given-back' : 'failed');
    throw error;
  } finally {
    context.inFlight.delete(id);
  }
}

/** Empty for a job of an account that this process does not serve. */
function accountOf({ service }: JobContext, { data }: QueuedJob): string {
  const name = typeof data === 'object' && data !== null && 'account' in data ? data.account : null;
  return typeof name === 'string' ? (findAccount(service, name)?.name ?? '') : '';
}

async function dispatch(context: JobContext, job: QueuedJob, token: string): Promise<string> {
  if (job.name === RETENTION_JOB) return runRetention(context);
  if (job.name === ABANDONED_RUNS_JOB) return closeAbandonedRuns(context);
  const parsed = parseJobName(job.name);
  if (parsed === null || context.service.streams.find(parsed.stream) === null)
    throw new UnrecoverableError(`There is no job ${job.name} in this version.`);
  if (parsed.kind === 'sync') return syncScope(context, job, token);
  context.wakeIn(await planStreams(context, [parsed.stream]));
  return 'planned';
}
