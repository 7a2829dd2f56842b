import fc from 'fast-check';
import postgres from 'postgres';
import { Secret } from '../../../src/core/secret';
import type { Look } from '../../../src/pacing/place-store';
import { openPacingDatabase } from '../../../src/pacing/pacing-database';
import type { PacingDatabase } from '../../../src/pacing/pacing-database';
import { createPostgresPlaceStore } from '../../../src/pacing/postgres-place-store';
import { EMPTY, lookAt } from '../../support/pacing/place-model';
import type { ModelState } from '../../support/pacing/place-model';
import { useTestDatabase } from '../../support/test-database';

const LEASE_MS = 4_005;
const KEYS = ['k1', 'k2'];
const ENDPOINTS = ['earn', 'worker', '*'];
const PROCESSES = ['00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-00000000000b'];
const START_MS = Date.UTC(2026, 0, 1);

let sql: postgres.Sql;
let pacing: PacingDatabase;
afterAll(async () => {
  await pacing.close();
  await sql.end();
});
const database = useTestDatabase();
beforeAll(async () => {
  pacing = openPacingDatabase(new Secret(database.url));
  sql = postgres(database.url, { max: 1, onnotice: () => undefined });
  await sql`CREATE TABLE public.test_clock (now timestamptz NOT NULL)`;
  await sql`INSERT INTO public.test_clock VALUES (now())`;
  await sql`CREATE OR REPLACE FUNCTION sync.now() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT now FROM public.test_clock'`;
});

/** One look: by whom, with which limit, how long after the one before, for what, handing back which permits. */
const step = fc.record({
  process: fc.nat({ max: 1 }),
  places: fc.constantFrom(1, 2, 2, 2, 3),
  auto: fc.boolean(),
  afterMs: fc.oneof(
    fc.integer({ min: 0, max: 1_200 }),
    fc.constantFrom(LEASE_MS, 1_005, 905, 904, -500, -100_000, 100_000),
  ),
  watchedMs: fc.constantFrom(0, 500, 1_005, 100_000),
  wanted: fc.uniqueArray(
    fc.record({
      key: fc.constantFrom(...KEYS),
      endpoint: fc.constantFrom(...ENDPOINTS),
      count: fc.nat({ max: 3 }),
      waitMs: fc.integer({ min: -100, max: 5_000 }),
    }),
    { maxLength: 4, selector: (bucket) => `${bucket.key} ${bucket.endpoint}` },
  ),
  /** Which of the permits given so far, from the newest; how they come back. */
  backs: fc.array(
    fc.record({
      index: fc.nat({ max: 5 }),
      ageMs: fc.nat({ max: 2_000 }),
      restMs: fc.constantFrom(0, 1_005, LEASE_MS),
    }),
    { maxLength: 3 },
  ),
  throttled: fc.option(fc.constantFrom(...KEYS), { freq: 20 }),
  crash: fc.nat({ max: 19 }).map((roll) => roll === 7),
});

test('P6 the database grants and refuses exactly what the arithmetic of places says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      await sql`DELETE FROM sync.buckets`;
      await sql`DELETE FROM sync.bucket_scopes`;
      await sql`DELETE FROM sync.bucket_witnesses`;
      await sql`SELECT setval('sync.bucket_grant_ids', 1, false)`;
      let state: ModelState = EMPTY;
      let nowMs = START_MS;
      const given: Look['handBacks'][number][] = [];
      for (const each of steps) {
        nowMs += each.afterMs;
        if (each.crash) {
          await sql`DELETE FROM sync.bucket_witnesses`;
          state = { ...state, isWitnessed: false };
        }
        await sql`UPDATE public.test_clock SET now = ${new Date(nowMs)}`;
        // An endpoint's bucket and the whole key's are never wanted of one key at a time.
        const wanted = each.wanted.filter(
          (bucket) =>
            bucket.endpoint !== '*' ||
            !each.wanted.some((other) => other.key === bucket.key && other.endpoint !== '*'),
        );
        const handBacks = new Map(
          each.backs.flatMap(({ index: back, ageMs, restMs }) => {
            const held = given.at(-1 - back);
            return held === undefined ? [] : [[held.grantId, { ...held, ageMs, restMs }] as const];
          }),
        );
        const look: Look = {
          handBacks: [...handBacks.values()],
          throttledKeys: each.throttled === null ? [] : [each.throttled],
          wanted,
          watchedMs: each.watchedMs,
        };
        const options = {
          ...{ places: each.places, auto: each.auto, leaseMs: LEASE_MS },
          processId: PROCESSES[each.process]!,
        };
        const expected = lookAt(state, look, { ...options, nowMs });
        const seen = await createPostgresPlaceStore(pacing, options).look(look);
        state = expected.state;
        expect(rounded(seen)).toEqual(rounded(expected.sight));
        expect(await storedPlaces()).toEqual(sortedPlaces(state));
        for (const grant of seen.grants) {
          const { key, endpoint, place, grantId } = grant;
          given.push({ key, endpoint, place, grantId, ageMs: 0, restMs: 0 });
        }
      }
    }),
    { numRuns: 200, interruptAfterTimeLimit: 25_000, markInterruptAsFailure: false },
  );
});

/** Microseconds are as fine as the database goes. */
function rounded(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, part: unknown) =>
      typeof part === 'number' ? Math.round(part * 100) / 100 : part,
    ),
  );
}

async function storedPlaces(): Promise<string[]> {
  const rows = await sql<{ line: string }[]>`
    SELECT concat_ws(' ', key_fingerprint, endpoint, place, coalesce(grant_id::text, 'none'),
      round(extract(epoch FROM stamped_at) * 1000), round(extract(epoch FROM usable_at) * 1000), reserved_by) AS line
    FROM sync.buckets`;
  return rows.map((row) => row.line).sort();
}

function sortedPlaces(state: ModelState): string[] {
  return state.places
    .map((p) =>
      [
        p.key,
        p.endpoint,
        p.place,
        p.grantId ?? 'none',
        Math.round(p.stampedAtMs),
        Math.round(p.usableAtMs),
        p.reservedBy,
      ]
        .filter((part) => part !== null)
        .join(' '),
    )
    .sort();
}
