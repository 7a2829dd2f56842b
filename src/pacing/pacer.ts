import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock';
import type { PacedBucket, PaceScope } from './buckets';
import type { PacingEvent } from './events';
import type { PacingDatabase } from './pacing-database';
import type { Permit } from './permit';
import { PermitQueue } from './permit-queue';
import type { PermitRequest } from './permit-queue';
import { createPostgresSlotStore } from './slot-store';
import { leaseMs } from './time-limits';

export interface PacerOptions {
  /** The database that all processes share. */
  readonly database: Pick<PacingDatabase, 'query'>;
  readonly clock: Clock;
  /** N of P6. */
  readonly requestsPerSecond: number;
  /** `auto`: per endpoint until the pool throttles that pace, then per key, remembered in the database. */
  readonly scope: 'auto' | PaceScope;
  /** The client destroys a request's socket after this long. */
  readonly totalTimeoutMs: number;
  readonly onEvent?: (event: PacingEvent) => void;
}

export interface PacerHandle {
  /**
   * Waits for a permit for one request: priority 1 first, then in order of arrival; waiting raises the priority.
   * Rejects with `aborted` when `signal` fires or the pacer stops, and with `pacing.unavailable` when the database that
   * keeps the pace is unreachable.
   */
  acquire(request: PermitRequest): Promise<Permit>;
  /**
   * Reports that the pool throttled a request that had a permit: under `auto`, the key is paced as a whole from now on.
   * `isCertain` (default true): the answer cannot have meant anything else.
   */
  reportThrottled(bucket: PacedBucket, isCertain?: boolean): void;
  /** Under `auto`: paces each endpoint on its own again, if this process scoped the key on uncertain reports only. */
  retractUncertainReports(key: string): void;
  /** The least that a new request would wait behind all others of this process, as far as it knows, ms. */
  waitEstimateMs(bucket: PacedBucket): number;
  /** For how long the database grants nothing since it lost its record of the latest requests, ms. */
  lostRecordMs(): Promise<number>;
  /** As far as this process knows: it learns it with its first poll for the key. */
  scopeOf(key: string): PaceScope;
  /**
   * Rejects all waiters and hands back unused slots. A slot in use is handed back when its request is answered; if the
   * database is unreachable then, its lease expires.
   */
  stop(): Promise<void>;
}

/**
 * Paces all processes that share `database`: however many there are, no more than `requestsPerSecond` requests of a
 * bucket arrive at the pool in any second (P6). Sends no statement while nothing waits.
 */
export function createPacer(options: PacerOptions): PacerHandle {
  const { database, clock, requestsPerSecond: slots, scope, totalTimeoutMs } = options;
  const shared = {
    slots,
    auto: scope === 'auto',
    leaseMs: leaseMs(totalTimeoutMs),
    processId: randomUUID(),
  };
  return new PermitQueue({
    ...shared,
    store: createPostgresSlotStore(database, shared),
    clock,
    scope: scope === 'key' ? 'key' : 'endpoint',
    onEvent: options.onEvent ?? (() => undefined),
  });
}
