import type postgres from 'postgres';
import { assert } from '../core/assert';
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

const TEXTS = 1009;
const INTEGERS = 1007;
const BIG_INTEGERS = 1016;
const FLOATS = 1022;

/** The places in `sync.buckets`. One look is one call of `sync.pace`, one transaction, one round trip. */
export function createPostgresPlaceStore(sql: postgres.Sql, options: PlaceStoreOptions): PlaceStore {
  return {
    async look(look) {
      const { handBacks: backs, wanted } = look;
      const rows = await sql<PaceRow[]>`
        SELECT * FROM sync.pace(
          ${options.processId}::uuid,
          ${sql.array(
            backs.map((back) => back.key),
            TEXTS,
          )},
          ${sql.array(
            backs.map((back) => back.endpoint),
            TEXTS,
          )},
          ${sql.array(
            backs.map((back) => back.place),
            INTEGERS,
          )},
          ${sql.array(
            backs.map((back) => back.grantId),
            BIG_INTEGERS,
          )},
          ${sql.array(
            backs.map((back) => back.ageMs),
            FLOATS,
          )},
          ${sql.array(
            backs.map((back) => back.restMs),
            FLOATS,
          )},
          ${sql.array([...look.throttledKeys], TEXTS)},
          ${sql.array(
            wanted.map((bucket) => bucket.key),
            TEXTS,
          )},
          ${sql.array(
            wanted.map((bucket) => bucket.endpoint),
            TEXTS,
          )},
          ${sql.array(
            wanted.map((bucket) => bucket.count),
            INTEGERS,
          )},
          ${sql.array(
            wanted.map((bucket) => bucket.waitMs),
            FLOATS,
          )},
          ${options.places}::int,
          ${options.auto}::boolean,
          ${REST_MS}::float8,
          ${options.leaseMs}::float8,
          ${look.watchedMs}::float8,
          ${AHEAD_MS}::float8
        )`;
      return readRows(rows, wanted);
    },
  };
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
