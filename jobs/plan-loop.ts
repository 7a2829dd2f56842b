import { millisecondsInMinute } from 'date-fns/constants';
import type { Clock } from '../src/core/clock';
import { isKpoolError } from '../src/core/errors';
import type { JobContext } from './job-context';
import { JOB_DEFAULTS } from './job-options';
import { MAINTENANCE_EVERY_MS } from './maintenance';
import { OrphanWatch, type OrphanWatchDeps } from './orphan-watch';
import { planStreams } from './plan';

/** Work created by other processes or people is found within this time; P12 allows 40 s in all. */
const LONGEST_PAUSE_MS = 20_000;
/** While a job is suspected to be orphaned. */
const SUSPICIOUS_PAUSE_MS = 3_000;
/** After a failed round. */
const FAILED_PAUSE_MS = 5_000;
/**
 * A scope may wait for this share of the shortest interval, so that scopes due at about the same time are planned
 * together.
 */
const LATE_SHARE = 0.05;
const MOST_LATE_MS = 2_000;
/** Repeat an identical warning at most this often. */
const WARN_EVERY_MS = millisecondsInMinute;

/**
 * Plans what is due, in rounds, until `context.signal` fires; never fails. It uses the process's monotonic clock and
 * the database only, so neither a wall clock that is set nor a queue that lost or kept something can stop the service.
 * A round begins
 * - when the next scope comes due, as the round before found;
 * - when a job asks for it with `wakeIn`;
 * - 20 s after the previous round at the latest.
 */
export class PlanLoop {
  private readonly context: JobContext;
  private readonly orphans: OrphanWatch;
  /** When this process last requested each regular job. */
  private readonly maintainedAtMs = new Map<string, number>();
  private readonly shortestPauseMs: number;
  private wakeAtMs = Infinity;
  private nap = new AbortController();
  private warnedAtMs = -Infinity;
  private isFailing = false;

  constructor(context: Omit<JobContext, 'wakeIn'> & Pick<OrphanWatchDeps, 'queue'>) {
    this.context = { ...context, wakeIn: (ms) => this.wakeIn(ms) };
    this.orphans = new OrphanWatch(context);
    this.shortestPauseMs = Math.min(MOST_LATE_MS, LATE_SHARE * Math.min(...Object.values(context.everyMs)));
  }

  wakeIn(ms: number): void {
    const atMs = this.clock.monotonicMs() + Math.max(this.shortestPauseMs, ms);
    if (atMs >= this.wakeAtMs) return;
    this.wakeAtMs = atMs;
    this.nap.abort();
  }

  /** Throws the errors of the database and the queue. */
  async round(): Promise<void> {
    this.wakeAtMs = Infinity;
    this.wakeIn(LONGEST_PAUSE_MS);
    await this.askForMaintenance();
    const released = await this.orphans.check();
    if (released > 0) this.context.log.warn('Orphaned jobs are run again.', { jobs: released });
    if (this.orphans.isSuspicious) this.wakeIn(SUSPICIOUS_PAUSE_MS);
    this.wakeIn(await planStreams(this.context, this.context.service.streams.names));
  }

  async run(): Promise<void> {
    const { signal } = this.context;
    const stop = (): void => this.nap.abort();
    signal.addEventListener('abort', stop, { once: true });
    const isStopped = (): boolean => signal.aborted;
    for (;;) {
      await this.sleep();
      if (isStopped()) break;
      await this.round().then(
        () => this.succeeded(),
        (error: unknown) => this.failed(error),
      );
    }
    signal.removeEventListener('abort', stop);
  }

  private get clock(): Clock {
    return this.context.clock;
  }

  private async sleep(): Promise<void> {
    for (;;) {
      const pauseMs = this.wakeAtMs - this.clock.monotonicMs();
      if (pauseMs <= 0 || this.context.signal.aborted) return;
      this.nap = new AbortController();
      try {
        await this.clock.sleep(pauseMs, this.nap.signal);
      } catch (error) {
        if (!isKpoolError(error, 'aborted')) throw error;
      }
    }
  }

  /** Requests each regular job at the start and then at its interval, whatever other processes do. */
  private async askForMaintenance(): Promise<void> {
    const nowMs = this.clock.monotonicMs();
    const due = [...MAINTENANCE_EVERY_MS].filter(
      ([name, everyMs]) => nowMs - (this.maintainedAtMs.get(name) ?? -Infinity) >= everyMs,
    );
    if (due.length === 0) return;
    await this.context.queue.addBulk(
      due.map(([name]) => ({ name, data: {}, opts: { ...JOB_DEFAULTS, deduplication: { id: name } } })),
    );
    for (const [name] of due) this.maintainedAtMs.set(name, nowMs);
  }

  private succeeded(): void {
    if (this.isFailing) this.context.log.info('What is due is planned again.');
    this.isFailing = false;
    this.warnedAtMs = -Infinity;
  }

  private failed(error: unknown): void {
    const nowMs = this.clock.monotonicMs();
    this.isFailing = true;
    this.wakeIn(FAILED_PAUSE_MS);
    if (nowMs - this.warnedAtMs < WARN_EVERY_MS) return;
    this.warnedAtMs = nowMs;
    this.context.log.warn('What is due cannot be planned; that is retried.', {}, error);
  }
}
