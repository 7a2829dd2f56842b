import { assert } from '../core/assert';
import type { PacingDatabase } from './pacing-database';
import { REST_MS, TURN_MS } from './time-limits';

/** A slot that becomes free `restMs` after the poll was sent. */
export interface HandBack {
  readonly key: string;
  readonly endpoint: string;
  readonly permit: string;
  readonly restMs: number;
}

/** A bucket that someone waits for. */
export interface WantedBucket {
  readonly key: string;
  readonly endpoint: string;
  /** A new name for each slot wanted; empty: only asks how long the wait is. */
  readonly permits: readonly string[];
  /** How long the process has waited, less a share for each step of priority. The longest goes first. */
  readonly waitMs: number;
}

/** Everything that one poll asks of the database, in one statement. */
export interface Poll {
  readonly handBacks: readonly HandBack[];
  /** Keys that the pool throttled although each endpoint kept its pace. */
  readonly scopedKeys: readonly string[];
  /** Keys for which that turned out to be wrong. */
  readonly unscopedKeys: readonly string[];
  /** Each bucket once; never both an endpoint's and the whole key's of one key. */
  readonly wanted: readonly WantedBucket[];
}

/** What a poll says about one wanted bucket. */
export interface BucketResult {
  /** How many slots were granted: the first of `permits`. */
  readonly granted: number;
  /** When the next slot may be free, ms after the poll, assuming that a request in flight is answered now. */
  readonly nextInMs: number;
  /** The key is limited as a whole, so an endpoint's bucket gets no slots: ask for `WHOLE_KEY`. */
  readonly scopedToKey: boolean;
}

export interface PollResult {
  /** One for each wanted bucket, in their order. */
  readonly buckets: readonly BucketResult[];
  /** The database lost its record of the latest requests: every bucket counts as in use for this long. */
  readonly lostForMs: number;
}

/** Where the slots are kept: a PostgreSQL database, or a test's model of one. */
export interface SlotStore {
  /** Atomic. Hand-backs and levels may be sent twice. A poll that fails may still have granted what it asked for. */
  poll(poll: Poll): Promise<PollResult>;
}

export interface SlotStoreOptions {
  /** N: how many requests of one bucket may arrive in a second. */
  readonly slots: number;
  /** Whether a key that the pool throttles is paced as a whole from then on. */
  readonly auto: boolean;
  readonly leaseMs: number;
  /** Identifies the process, so that processes take fair turns. */
  readonly processId: string;
}

/** The slots in `sync.slots`. One poll is one call of `sync.pace`: one transaction, one round trip. */
export function createPostgresSlotStore(
  database: Pick<PacingDatabase, 'query'>,
  { slots, auto, leaseMs, processId }: SlotStoreOptions,
): SlotStore {
  return {
    async poll(poll) {
      const request = { ...poll, process: processId, slots, auto, leaseMs, restMs: REST_MS, turnMs: TURN_MS };
      const [row] = await database.query<{ result: PollResult }>(
        'SELECT sync.pace($1::text::jsonb) AS result',
        [JSON.stringify(request)],
      );
      assert(
        row?.result.buckets.length === poll.wanted.length,
        'a poll answers for every bucket that was wanted',
      );
      return row.result;
    },
  };
}
