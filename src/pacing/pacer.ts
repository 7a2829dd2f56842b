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
   * Waits for leave to send one request: priority 1 first, then in order of arrival; long waiting makes up for priority.
   * Rejects with `aborted` when `signal` fires or the pacer is stopped, and with `pacing.unavailable` when the database
   * that keeps the pace cannot be asked.
   */
  acquire(request: PermitRequest): Promise<Permit>;
  /**
   * The pool throttled a request though its permit was kept to: under `auto`, the key is paced as a whole from now on.
   * `isCertain` (true unless given): the answer meant nothing else.
   */
  reportThrottled(bucket: PacedBucket, isCertain?: boolean): void;
  /** Under `auto`: if this process scoped the key after uncertain reports only, each endpoint is paced on its own again. */
  takeBackSuspicion(key: string): void;
  /** How long a request that asked now would wait at least, as far as this process knows, behind all who wait in it. */
  waitEstimateMs(bucket: PacedBucket): number;
  /** Asks the database for how long it grants nothing, since it has lost its record of the latest requests. */
  lostRecordMs(): Promise<number>;
  /** As far as this process knows: it learns it with its first poll for the key. */
  scopeOf(key: string): PaceScope;
  /**
   * Rejects all who wait and hands back what can be. A slot that is still held is handed back when its request is
   * answered, if the database can then be asked; otherwise it is free again when its lease ends.
   */
  stop(): Promise<void>;
}

/**
 * The pace of all processes that share `database`: whatever their number, no more than `requestsPerSecond`
 * requests of a bucket arrive at the pool in any second (P6). Nothing is asked of the database while nobody waits.
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
