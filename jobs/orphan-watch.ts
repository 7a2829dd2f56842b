import type { Job } from 'bullmq';
import type { Clock } from '../src/core/clock';
import type { Scope } from '../src/domain/scope';
import { findAccount, type JobService } from './job-context';
import { parseJobName } from './job-names';
import { findSyncTarget } from './sync-payload';

/** BullMQ recovers the job of a killed process sooner than this, unless a clock that was set back prevents it. */
const ORPHANED_AFTER_MS = 10_000;

/** The part of BullMQ's job that is checked. */
export type ActiveJob = Pick<Job<unknown, unknown>, 'id' | 'name' | 'data' | 'removeDeduplicationKey'>;

export interface OrphanWatchDeps {
  readonly queue: { getJobs(states: ['active'], start: number, end: number): Promise<readonly ActiveJob[]> };
  readonly service: Pick<JobService, 'accounts' | 'findScopesInFlight'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Ids of the jobs that this process is running. */
  readonly inFlight: ReadonlySet<string>;
}

/**
 * Finds active jobs whose process is gone. BullMQ dates its locks by the wall clock of the process that took them, so a
 * clock step can keep a dead job active. The database knows which scopes are being synced; a job of any other scope
 * loses its deduplication key, so that a new job can be added.
 */
export class OrphanWatch {
  /** Since when a job is suspected, by id, monotonic ms; -Infinity once its key was removed. */
  private suspects = new Map<string, number>();

  constructor(private readonly deps: OrphanWatchDeps) {}

  /** Whether to check again soon. */
  get isSuspicious(): boolean {
    return [...this.suspects.values()].some((sinceMs) => sinceMs > -Infinity);
  }

  /** Returns how many jobs lost their key in this check. */
  async check(): Promise<number> {
    const { queue, clock, inFlight } = this.deps;
    const nowMs = clock.monotonicMs();
    const held = (await queue.getJobs(['active'], 0, -1)).filter(
      ({ name, id = '' }) => parseJobName(name)?.kind === 'sync' && !inFlight.has(id),
    );
    const scopes = held.length === 0 ? [] : await this.deps.service.findScopesInFlight();
    const before = this.suspects;
    this.suspects = new Map();
    let released = 0;
    for (const job of held.filter(({ data }) => !this.isAmong(scopes, data))) {
      const { id = '' } = job;
      const sinceMs = before.get(id) ?? nowMs;
      const isOrphan = sinceMs > -Infinity && nowMs - sinceMs >= ORPHANED_AFTER_MS;
      this.suspects.set(id, isOrphan ? -Infinity : sinceMs);
      if (isOrphan && (await job.removeDeduplicationKey())) released += 1;
    }
    return released;
  }

  /** A payload of another version is left to that version. */
  private isAmong(scopes: readonly Scope[], data: unknown): boolean {
    const target = findSyncTarget(data);
    const account = target === null ? null : findAccount(this.deps.service, target.account);
    if (target === null || account === null) return true;
    return scopes.some(
      ({ accountId, stream, puid, algo }) =>
        accountId === account.accountId &&
        stream === target.stream &&
        puid === target.puid &&
        algo === target.algo,
    );
  }
}
