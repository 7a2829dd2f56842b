import type { Clock } from '../src/core/clock';
import type { Scope } from '../src/domain/due-scopes';
import type { JobQueue } from './backends/backend';
import { findAccount, type JobService } from './job-context';
import { parseJobName } from './job-names';
import { findSyncTarget } from './sync-payload';

/** BullMQ takes a killed process's job up sooner than this, unless a clock that was put right keeps it from that. */
const ORPHANED_AFTER_MS = 10_000;

export interface OrphanWatchDeps {
  readonly queue: Pick<JobQueue, 'getJobs'>;
  readonly service: Pick<JobService, 'accounts' | 'findScopesInHand'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Ids of the jobs that this process has in hand. */
  readonly inHand: ReadonlySet<string>;
}

/**
 * Finds jobs that nobody works on although the queue says so: BullMQ's locks are dated by the wall clock of whoever took
 * them. Whether somebody works on a scope the database knows; a job of a scope that nobody works on keeps no other from
 * taking its place.
 */
export class OrphanWatch {
  /** Since when a job is suspected, by its id, monotonic ms; -Infinity once it keeps its scope no longer. */
  #suspects = new Map<string, number>();

  constructor(private readonly deps: OrphanWatchDeps) {}

  /** Whether a look is to follow soon. */
  get isSuspicious(): boolean {
    return [...this.#suspects.values()].some((sinceMs) => sinceMs > -Infinity);
  }

  /** Returns how many jobs keep their scopes no longer since this look. */
  async check(): Promise<number> {
    const { queue, clock, inHand } = this.deps;
    const nowMs = clock.monotonicMs();
    const held = (await queue.getJobs(['active'], 0, -1)).filter(
      ({ name, id = '' }) => parseJobName(name)?.kind === 'sync' && !inHand.has(id),
    );
    const scopes = held.length === 0 ? [] : await this.deps.service.findScopesInHand();
    const before = this.#suspects;
    this.#suspects = new Map();
    let released = 0;
    for (const job of held.filter(({ data }) => !this.#isAmong(scopes, data))) {
      const { id = '' } = job;
      const sinceMs = before.get(id) ?? nowMs;
      const isOrphan = sinceMs > -Infinity && nowMs - sinceMs >= ORPHANED_AFTER_MS;
      this.#suspects.set(id, isOrphan ? -Infinity : sinceMs);
      if (isOrphan && (await job.removeDeduplicationKey())) released += 1;
    }
    return released;
  }

  /** What this process does not understand is left to those that do. */
  #isAmong(scopes: readonly Scope[], data: unknown): boolean {
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
