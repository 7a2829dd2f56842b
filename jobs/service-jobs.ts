import { setMaxListeners } from 'node:events';
import { millisecondsInMinute } from 'date-fns/constants';
import type { Clock } from '../src/core/clock';
import { KpoolError } from '../src/core/errors';
import type { QueueBackend } from './backends/backend';
import { concurrencyOf } from './concurrency';
import { QueueErrorLog } from './error-log';
import type { JobContext, JobMetrics } from './job-context';
import { PlanLoop } from './plan-loop';
import { processJob } from './process-job';
import { readQueue, type QueueSnapshot } from './queue-snapshot';
import { ensureSchedules, schedulesOf } from './schedules';
import { StreamHolds } from './stream-holds';

/** The job of a killed process is recovered within the sum of the two. */
const LOCK_MS = 5_000;
const STALLED_EVERY_MS = 2_000;
/** Effectively no limit: a job whose process died did not fail, however often that happens. */
const MAX_STALLED = 1_000_000;
/** Delay before a refused connection is retried. */
const RECONNECT_MS = 1_000;
/** Schedulers are checked and re-created at least this often. */
const CHECK_SCHEDULES_MS = 10 * millisecondsInMinute;
/** Delay after a failed check. */
const CHECK_AGAIN_MS = 10_000;
/** A job that has not ended by then is left to other processes. */
const STOP_TIMEOUT_MS = 8_000;

export interface ServiceJobsOptions extends Omit<
  JobContext,
  'queue' | 'signal' | 'holds' | 'inFlight' | 'wakeIn'
> {
  readonly backend: QueueBackend;
  readonly metrics: JobMetrics;
  /** Runs `work` in one process at a time. */
  readonly exclusively: (work: () => Promise<void>) => Promise<void>;
  /** Called for a failure that a retry cannot cure: the process should log it and exit. */
  readonly onUnrecoverable: (error: KpoolError) => void;
}

export interface ServiceJobs {
  readQueue(): Promise<QueueSnapshot>;
  /** Resolves when the queue answers; waits while it is unreachable. */
  ask(): Promise<void>;
  /** Takes at most 10 s: commits or gives back work in progress, and starts nothing new. */
  stop(): Promise<void>;
}

/** Registers the schedulers and starts to run jobs, in any number of processes on one queue. */
export async function startServiceJobs(options: ServiceJobsOptions): Promise<ServiceJobs> {
  const { backend, clock, log } = options;
  const stopping = new AbortController();
  // Every running job listens.
  setMaxListeners(0, stopping.signal);
  const errors = new QueueErrorLog(log, clock, (cause) =>
    options.onUnrecoverable(
      new KpoolError('queue.unreachable', 'The queue keeps failing, although it is connected.', {
        hint: 'Look at the log above, and start again once the cause is removed.',
        cause,
      }),
    ),
  );
  const queue = backend.openQueue();
  queue.on('error', (error) => errors.failed(error));
  const holds = new StreamHolds(clock);
  const shared = { ...options, queue, holds, inFlight: new Set<string>(), signal: stopping.signal };
  const loop = new PlanLoop(shared);
  const context: JobContext = { ...shared, wakeIn: (ms) => loop.wakeIn(ms) };
  const runner = backend.openRunner((job, token = '') => processJob(context, options.metrics, job, token), {
    concurrency: concurrencyOf(options.service.streams, options.service.accounts.length),
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_EVERY_MS,
    maxStalledCount: MAX_STALLED,
    runRetryDelay: RECONNECT_MS,
  });
  runner.on('error', (error) => errors.failed(error));
  runner.on('active', () => errors.worked());
  runner.on('stalled', (id) =>
    log.warn('A job whose process died, or hung, is taken up again.', { job: id }),
  );
  const schedule = (): Promise<void> =>
    options.exclusively(() => ensureSchedules(queue, schedulesOf(options.everyMs), clock.now()));
  await schedule();
  await loop.round();
  const running = runner.run();
  const planning = loop.run();
  const checking = checkSchedules(options, schedule, stopping.signal);
  return {
    readQueue: () => readQueue(queue),
    async ask() {
      await queue.getJobCounts('active');
    },
    async stop() {
      // Start nothing new, then end what is running.
      const closing = runner.close();
      stopping.abort();
      const inTime = await endsWithin(closing, STOP_TIMEOUT_MS, clock);
      if (!inTime) {
        log.warn('Some jobs did not come to an end; other processes take them up.');
        await runner.abandon();
      }
      await Promise.all([checking, planning]);
      await queue.close();
      if (inTime) await running.catch(() => undefined);
    },
  };
}

async function endsWithin(work: Promise<unknown>, ms: number, clock: Clock): Promise<boolean> {
  const ended = new AbortController();
  const late = clock.sleep(ms, ended.signal).then(
    () => false,
    () => true,
  );
  const inTime = work.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([inTime, late]);
  } finally {
    ended.abort();
  }
}

/** Checks the schedulers at intervals, and at once when the queue may have lost them. */
async function checkSchedules(
  { backend, clock, log }: ServiceJobsOptions,
  schedule: () => Promise<void>,
  stopped: AbortSignal,
): Promise<void> {
  const isStopped = (): boolean => stopped.aborted;
  let nap = new AbortController();
  let returns = 0;
  let returnsSeen = 0;
  backend.onReturn(() => {
    returns += 1;
    nap.abort();
  });
  stopped.addEventListener('abort', () => nap.abort(), { once: true });
  let pauseMs = CHECK_SCHEDULES_MS;
  while (!isStopped()) {
    nap = new AbortController();
    if (returns === returnsSeen) await clock.sleep(pauseMs, nap.signal).catch(() => undefined);
    if (isStopped()) return;
    returnsSeen = returns;
    pauseMs = await schedule().then(
      () => CHECK_SCHEDULES_MS,
      (error: unknown) => {
        log.warn('The schedules could not be checked; that is retried.', {}, error);
        return CHECK_AGAIN_MS;
      },
    );
  }
}
