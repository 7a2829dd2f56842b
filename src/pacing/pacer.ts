import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock';
import type { PacedBucket, PaceScope } from './bucket-lines';
import { PacingDesk } from './desk';
import type { PacingEvent } from './desk';
import type { PacingDatabase } from './pacing-database';
import type { Permit } from './permit';
import { createPostgresPlaceStore } from './postgres-place-store';
import { leaseMs } from './rest';

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
   * Waits for leave to send one request: priority 1 first, then in order of arrival; long waiting makes up for priority.
   * Rejects with `aborted` when `signal` fires or the pacer is stopped, and with `pacing.unavailable` when the database
   * that keeps the pace cannot be asked.
   */
  acquire(request: {
    readonly bucket: PacedBucket;
    readonly priority: number;
    readonly signal?: AbortSignal;
  }): Promise<Permit>;
  /**
   * The pool throttled a request though its permit was kept to: under `auto`, the key is paced as a whole from now on.
   * `isCertain` (true unless given): the answer meant nothing else.
   */
  reportThrottled(bucket: PacedBucket, isCertain?: boolean): void;
  /** Under `auto`: if this process turned the key after uncertain reports only, it goes back to its endpoints' own pace. */
  takeBackSuspicion(key: string): void;
  /** About how long a request would wait that asked now, behind all who wait in this process. Rejects as `acquire` does. */
  waitEstimateMs(bucket: PacedBucket): Promise<number>;
  /** As far as this process knows: it learns it with its first look at a bucket of the key. */
  scopeOf(key: string): PaceScope;
  /**
   * Rejects all who wait and hands back what can be. A place that is still held is handed back when its request is
   * answered, if the database can then be asked; otherwise it is free again when its lease ends.
   */
  stop(): Promise<void>;
}

/**
 * The pace of all processes that share `database`: whatever their number, no more than `requestsPerSecond`
 * requests of a bucket arrive at the pool in any second (P6). Nothing is asked of the database while nobody waits.
 */
export function createPacer(options: PacerOptions): PacerHandle {
  const store = createPostgresPlaceStore(options.database, {
    places: options.requestsPerSecond,
    auto: options.scope === 'auto',
    leaseMs: leaseMs(options.totalTimeoutMs),
    processId: randomUUID(),
  });
  return new PacingDesk({
    store,
    clock: options.clock,
    places: options.requestsPerSecond,
    auto: options.scope === 'auto',
    scope: options.scope === 'key' ? 'key' : 'endpoint',
    leaseMs: leaseMs(options.totalTimeoutMs),
    onEvent: options.onEvent ?? (() => undefined),
  });
}
