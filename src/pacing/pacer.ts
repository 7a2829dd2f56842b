import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock';
import type { PacedBucket, Pacer } from '../core/pacer';
import type { PacingEvent } from './events';
import type { PaceLevel } from './pace-level';
import type { PacingDatabase } from './pacing-database';
import { PermitQueue } from './permit-queue';
import { createPostgresSlotStore } from './slot-store';
import { computeLeaseMs } from './time-limits';

export interface PacerOptions {
  /** The database that all processes share. */
  readonly database: Pick<PacingDatabase, 'query'>;
  readonly clock: Clock;
  /** N of P6. */
  readonly requestsPerSecond: number;
  /** `auto`: per endpoint until the pool throttles that pace, then per key, remembered in the database. */
  readonly scope: 'auto' | PaceLevel;
  /** The client destroys a request's socket after this long. */
  readonly totalTimeoutMs: number;
  readonly onEvent?: (event: PacingEvent) => void;
}

export interface PacerHandle extends Pacer {
  /** The least that a new request would wait behind all others of this process, as far as the process knows, ms. */
  waitEstimateMs(bucket: PacedBucket): number;
  /** How long the database grants nothing because it lost its record of the latest requests, ms. */
  lostRecordMs(): Promise<number>;
  /** The level known to this process, which learns it with its first poll for the key. */
  levelOf(key: string): PaceLevel;
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
    leaseMs: computeLeaseMs(totalTimeoutMs),
    processId: randomUUID(),
  };
  return new PermitQueue({
    ...shared,
    store: createPostgresSlotStore(database, shared),
    clock,
    level: scope === 'key' ? 'key' : 'endpoint',
    onEvent: options.onEvent ?? (() => undefined),
  });
}
