import { assert } from '../core/assert';
import type { PacingDatabase } from './pacing-database';
import type { Grant, Outlook, PlaceStore, Sight, WantedBucket } from './place-store';
import { AHEAD_MS, REST_MS } from './rest';

export interface PlaceStoreOptions {
  /** N: how many requests of one bucket may arrive in a second. */
  readonly places: number;
  /** Whether keys turn to one bucket for the whole key, and those that did are taken so. */
  readonly auto: boolean;
  readonly leaseMs: number;
  /** Whose turn it is, among all processes: a UUID. */
  readonly processId: string;
}

/** A row of `sync.pace`: the clock (request 0), a permit (place), or a bucket's outlook. */
type PaceRow =
  | { readonly request: 0; readonly now_ms: number }
  | {
      readonly request: number;
      readonly now_ms: null;
      readonly place: number;
      readonly grant_id: string;
      readonly usable_at_ms: number;
      readonly rested_ms: number;
    }
  | {
      readonly request: number;
      readonly now_ms: null;
      readonly place: null;
      readonly next_in_ms: number;
      readonly next_in_flight: boolean;
      readonly turned: boolean;
    };

const PACE = `
  SELECT * FROM sync.pace($1::uuid, $2::text[], $3::text[], $4::int[], $5::bigint[], $6::float8[], $7::float8[],
                          $8::text[], $9::text[], $10::text[], $11::int[], $12::float8[], $13::int, $14::boolean,
                          $15::float8, $16::float8, $17::float8, $18::float8)`;

const FORGET_THROTTLED = `DELETE FROM sync.bucket_scopes WHERE key_fingerprint = ANY ($1::text[])`;

/** The places in `sync.buckets`. One look is one call of `sync.pace`, one transaction, one round trip. */
export function createPostgresPlaceStore(
  database: Pick<PacingDatabase, 'query'>,
  options: PlaceStoreOptions,
): PlaceStore {
  return {
    async look({ handBacks: backs, wanted, throttledKeys, watchedMs }) {
      const rows = await database.query<PaceRow>(PACE, [
        options.processId,
        textArray(backs.map((back) => back.key)),
        textArray(backs.map((back) => back.endpoint)),
        numberArray(backs.map((back) => back.place)),
        numberArray(backs.map((back) => back.grantId)),
        numberArray(backs.map((back) => back.ageMs)),
        numberArray(backs.map((back) => back.restMs)),
        textArray(throttledKeys),
        textArray(wanted.map((bucket) => bucket.key)),
        textArray(wanted.map((bucket) => bucket.endpoint)),
        numberArray(wanted.map((bucket) => bucket.count)),
        numberArray(wanted.map((bucket) => bucket.waitMs)),
        options.places,
        options.auto,
        REST_MS,
        options.leaseMs,
        watchedMs,
        AHEAD_MS,
      ]);
      return readRows(rows, wanted);
    },
    async forgetThrottled(keys) {
      await database.query(FORGET_THROTTLED, [textArray(keys)]);
    },
  };
}

/** An array as PostgreSQL reads it. */
function textArray(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

/** `bigint` arrives as text. */
function numberArray(numbers: readonly (number | string)[]): string {
  return `{${numbers.join(',')}}`;
}

function readRows(rows: readonly PaceRow[], wanted: readonly WantedBucket[]): Sight {
  const grants: Grant[] = [];
  const outlooks = new Map<number, Outlook>();
  let databaseNowMs: number | null = null;
  for (const row of rows) {
    if (row.now_ms !== null) {
      databaseNowMs = row.now_ms;
      continue;
    }
    const bucket = wanted[row.request - 1];
    assert(bucket !== undefined, 'the pacing function answers only what was asked');
    if (row.place === null) {
      outlooks.set(row.request, {
        nextInMs: row.next_in_ms,
        nextInFlight: row.next_in_flight,
        turned: row.turned,
      });
    } else {
      grants.push({
        key: bucket.key,
        endpoint: bucket.endpoint,
        place: row.place,
        grantId: row.grant_id,
        usableAtMs: row.usable_at_ms,
        restMs: row.rested_ms,
      });
    }
  }
  assert(databaseNowMs !== null, 'the pacing function tells the time');
  return {
    grants,
    outlooks: wanted.map((_, index) => {
      const outlook = outlooks.get(index + 1);
      assert(outlook !== undefined, 'the pacing function answers all that was asked');
      return outlook;
    }),
    databaseNowMs,
  };
}
