import fc from 'fast-check';
import { Secret } from '../../../src/core/secret';
import { openPacingDatabase } from '../../../src/pacing/pacing-database';
import type { PacingDatabase } from '../../../src/pacing/pacing-database';
import { createPostgresSlotStore } from '../../../src/pacing/slot-store';
import type { HandBack, Poll } from '../../../src/pacing/slot-store';
import { crashed, EMPTY, pollModel } from '../../support/pacing/slot-model';
import { useTestDatabase } from '../../support/test-database';

const LEASE_MS = 4_005;
const KEYS = ['k1', 'k2'];
const LONGEST_MS = 10_000;
const START_MS = Date.UTC(2026, 0, 1);

let pacing: PacingDatabase;
const database = useTestDatabase();
const { sql } = database;
database.beforeDrop(() => pacing.close());
beforeAll(async () => {
  pacing = openPacingDatabase(new Secret(database.url));
  await sql`CREATE TABLE public.test_clock (now timestamptz NOT NULL)`;
  await sql`INSERT INTO public.test_clock VALUES (now())`;
  await sql`CREATE OR REPLACE FUNCTION sync.now() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT now FROM public.test_clock'`;
});

/** One poll: its process, limit, time since the previous poll, requests, and the permits that it hands back. */
const step = fc.record({
  processId: fc.constantFrom('a', 'b'),
  slots: fc.constantFrom(1, 2, 2, 2, 3),
  auto: fc.boolean(),
  afterMs: fc.oneof(
    fc.integer({ min: 0, max: 1_200 }),
    fc.constantFrom(LEASE_MS, 1_005, 100, -500, -100_000, 100_000),
  ),
  wanted: fc.uniqueArray(
    fc.record({
      key: fc.constantFrom(...KEYS),
      endpoint: fc.constantFrom('earn', 'worker', '*'),
      count: fc.nat({ max: 3 }),
      waitMs: fc.integer({ min: -100, max: 5_000 }),
    }),
    { maxLength: 4, selector: (bucket) => `${bucket.key} ${bucket.endpoint}` },
  ),
  /** Which of the permits granted so far, counted from the newest. */
  backs: fc.array(fc.record({ index: fc.nat({ max: 5 }), restMs: fc.constantFrom(0, 500, 1_005) }), {
    maxLength: 3,
  }),
  scoped: fc.option(fc.constantFrom(...KEYS), { freq: 20 }),
  unscoped: fc.option(fc.constantFrom(...KEYS), { freq: 20 }),
  crash: fc.nat({ max: 19 }).map((roll) => roll === 7),
});

test('P6 the database grants exactly what the model of slots does', async () => {
  // fast-check must not interrupt a run: it would connect again after the file has closed its connections.
  const untilMs = performance.now() + LONGEST_MS;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      if (performance.now() > untilMs) return;
      await sql`DELETE FROM sync.slots`;
      await sql`DELETE FROM sync.bucket_scopes`;
      await sql`UPDATE sync.crash_marker SET lost_until = '-infinity'`;
      let state = EMPTY;
      let nowMs = START_MS;
      let permits = 0;
      const given: Omit<HandBack, 'restMs'>[] = [];
      for (const { processId, slots, auto, afterMs, ...each } of steps) {
        nowMs += afterMs;
        if (each.crash) {
          await sql`TRUNCATE sync.slots, sync.crash_marker`;
          state = crashed(state);
        }
        await sql`UPDATE public.test_clock SET now = ${new Date(nowMs)}`;
        const wanted = each.wanted
          .filter(
            ({ key, endpoint }) =>
              endpoint !== '*' || !each.wanted.some((w) => w.key === key && w.endpoint !== '*'),
          )
          .map(({ count, ...want }) => ({
            ...want,
            permits: Array.from({ length: count }, () => `p${++permits}`),
          }));
        const poll: Poll = {
          handBacks: [
            ...new Map(each.backs.map(({ index, restMs }) => [given.at(-1 - index), restMs])),
          ].flatMap(([held, restMs]) => (held === undefined ? [] : [{ ...held, restMs }])),
          scopedKeys: each.scoped === null ? [] : [each.scoped],
          unscopedKeys: each.unscoped === null ? [] : [each.unscoped],
          wanted,
        };
        const options = { processId, slots, auto, leaseMs: LEASE_MS };
        const expected = pollModel(state, poll, { ...options, nowMs });
        const result = await createPostgresSlotStore(pacing, options).poll(poll);
        state = expected.state;
        expect(rounded(result)).toEqual(rounded(expected.result));
        expect(await storedSlots()).toEqual(
          state.slots
            .map((s) =>
              [
                s.key,
                s.endpoint,
                s.slot,
                s.permit ?? 'none',
                Math.round(s.freeAtMs),
                s.nextProcess ?? 'none',
              ].join(' '),
            )
            .sort(),
        );
        result.buckets.forEach(({ granted }, index) => {
          const { key, endpoint, permits: wished } = wanted[index]!;
          for (const permit of wished.slice(0, granted)) given.push({ key, endpoint, permit });
        });
      }
    }),
    { numRuns: 150 },
  );
});

/** The database's instants have microseconds. */
function rounded(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, part: unknown) =>
      typeof part === 'number' ? Math.round(part * 100) / 100 : part,
    ),
  );
}

async function storedSlots(): Promise<string[]> {
  const rows = await sql<{ line: string }[]>`
    SELECT concat_ws(' ', key_fingerprint, endpoint, slot, coalesce(permit_id, 'none'),
      round(extract(epoch FROM free_at) * 1000), coalesce(next_process, 'none')) AS line
    FROM sync.slots`;
  return rows.map((row) => row.line).sort();
}
