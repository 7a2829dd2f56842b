import type { JobSchedulerTemplateOptions } from 'bullmq';
import { millisecondsInMinute } from 'date-fns/constants';
import type { Stream } from '../src/domain/streams';
import type { JobQueue } from './backends/backend';
import { jobNameOf } from './job-names';
import { JOB_DEFAULTS } from './job-options';
import { MAINTENANCE_EVERY_MS } from './maintenance';

const PLANS_PER_INTERVAL = 10;
const SHORTEST_MS = 1_000;
const LONGEST_MS = 5 * millisecondsInMinute;
/** Hosts' clocks differ, and a scheduler may be read just before it advances. */
const SCHEDULE_TOLERANCE_MS = 5_000;

/** Every regular job and its interval in ms. */
export function schedulesOf(everyMs: Readonly<Record<Stream, number>>): ReadonlyMap<string, number> {
  const planEveryMs = (streamEveryMs: number): number =>
    Math.min(LONGEST_MS, Math.max(SHORTEST_MS, Math.round(streamEveryMs / PLANS_PER_INTERVAL)));
  return new Map([
    ...Object.entries(everyMs).map(([stream, ms]) => [jobNameOf(stream, 'plan'), planEveryMs(ms)] as const),
    ...MAINTENANCE_EVERY_MS,
  ]);
}

/**
 * Brings the queue's schedulers in line with the configuration. A scheduler follows the wall clock of whichever process
 * advanced it: one whose next job lies further ahead than its interval was advanced by a clock that has since been
 * corrected, and is re-created. Nothing depends on schedulers, since `PlanLoop` does the same work; they make regular
 * work visible in the queue and spare busy processes a plan. Idempotent. Call it in one process at a time: BullMQ's
 * PostgreSQL backend may otherwise enqueue twice.
 */
export async function ensureSchedules(
  queue: Pick<JobQueue, 'getJobSchedulers' | 'upsertJobScheduler' | 'removeJobScheduler'>,
  schedules: ReadonlyMap<string, number>,
  nowMs: number,
): Promise<void> {
  const present = new Map(
    (await queue.getJobSchedulers(0, -1)).map((scheduler) => [scheduler.key, scheduler]),
  );
  const opts: JobSchedulerTemplateOptions = JOB_DEFAULTS;
  for (const [name, every] of schedules) {
    const scheduler = present.get(name);
    const isAstray =
      scheduler !== undefined && (scheduler.next ?? nowMs) - nowMs > every + SCHEDULE_TOLERANCE_MS;
    // BullMQ keeps the next job of a scheduler whose interval is unchanged.
    if (isAstray) await queue.removeJobScheduler(name);
    if (isAstray || scheduler?.every !== every) {
      await queue.upsertJobScheduler(name, { every }, { name, data: {}, opts });
    }
    present.delete(name);
  }
  for (const unknown of present.keys()) await queue.removeJobScheduler(unknown);
}
