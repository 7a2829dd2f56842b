import type { JobSchedulerTemplateOptions } from 'bullmq';
import { STREAMS, type Stream } from '../src/domain/streams';
import type { JobQueue } from './backends/backend';
import { planEveryMs } from './cadence';
import { ABANDONED_RUNS_JOB, jobNameOf, RETENTION_JOB } from './job-names';
import { JOB_DEFAULTS } from './job-options';

const HOUR_MS = 3_600_000;

/** Every regular job and its interval in ms. */
export function schedulesOf(everyMs: Readonly<Record<Stream, number>>): ReadonlyMap<string, number> {
  return new Map([
    ...STREAMS.map((stream) => [jobNameOf(stream, 'plan'), planEveryMs(everyMs[stream])] as const),
    [RETENTION_JOB, 24 * HOUR_MS] as const,
    [ABANDONED_RUNS_JOB, HOUR_MS] as const,
  ]);
}

/**
 * Makes the queue's schedulers what the configuration says. Repeatable. To be called by one process at a time: BullMQ's
 * PostgreSQL backend may enqueue twice otherwise.
 */
export async function ensureSchedules(
  queue: JobQueue,
  schedules: ReadonlyMap<string, number>,
): Promise<void> {
  const present = new Map(
    (await queue.getJobSchedulers(0, -1)).map((scheduler) => [scheduler.key, scheduler.every]),
  );
  const opts: JobSchedulerTemplateOptions = JOB_DEFAULTS;
  for (const [name, every] of schedules) {
    if (present.get(name) !== every) {
      await queue.upsertJobScheduler(name, { every }, { name, data: {}, opts });
    }
    present.delete(name);
  }
  for (const unknown of present.keys()) await queue.removeJobScheduler(unknown);
}
