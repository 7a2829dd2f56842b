import fc from 'fast-check';
import { play } from '../support/pacing/schedule';
import type { Arrival, Schedule } from '../support/pacing/schedule';
import { mostInAWindow } from '../support/pacing/window-server';

const LASTS_MS = 60_000;

/** Steps forward, or back, or both by turns with looks in between (database-time.ts says why). */
const steps = fc.oneof(
  stepsOf(fc.integer({ min: 1, max: 30_000 }), 0),
  stepsOf(fc.integer({ min: -30_000, max: -1 }), 0),
  stepsOf(fc.oneof(fc.integer({ min: -30_000, max: -1 }), fc.integer({ min: 1, max: 30_000 })), 16_000),
);

function stepsOf(byMs: fc.Arbitrary<number>, apartMs: number): fc.Arbitrary<Schedule['steps']> {
  return fc
    .array(fc.record({ afterMs: fc.integer({ min: apartMs, max: apartMs + 20_000 }), byMs }), {
      maxLength: 4,
    })
    .map((each) => {
      let atMs = 0;
      return each.map((step) => ({ atMs: (atMs += step.afterMs), byMs: step.byMs }));
    });
}

const time = fc.integer({ min: 0, max: LASTS_MS });
const schedules: fc.Arbitrary<Schedule> = fc
  .record({
    seed: fc.integer(),
    places: fc.integer({ min: 1, max: 3 }),
    totalTimeoutMs: fc.constantFrom(500, 3_000),
    scope: fc.constantFrom('auto', 'endpoint', 'key'),
    processes: fc.array(
      fc.record({
        startsAtMs: fc.oneof(fc.constant(0), time),
        startsAfterStepMs: fc.option(fc.nat({ max: 500 })),
        diesAtMs: fc.oneof(fc.constant(LASTS_MS), time),
        waiters: fc.integer({ min: 1, max: 6 }),
        drift: fc.integer({ min: -200, max: 200 }),
        freezes: fc.oneof(
          { weight: 3, arbitrary: fc.constant([]) },
          fc
            .tuple(time, fc.integer({ min: 100, max: 20_000 }))
            .map(([fromMs, forMs]) => [{ fromMs, toMs: fromMs + forMs }]),
        ),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    steps,
    crashes: fc.array(fc.record({ atMs: time, lostMs: fc.integer({ min: 0, max: 600 }) }), { maxLength: 2 }),
    lostLooks: fc.constantFrom(0, 0, 20, 200),
    lostAnswers: fc.constantFrom(0, 50, 300),
    slowLooks: fc.constantFrom(0, 10, 200),
    throttledAtMs: fc.option(time),
    takenBackAfterMs: fc.option(fc.integer({ min: 0, max: 20_000 }), { freq: 1 }),
    lastsMs: fc.constant(LASTS_MS),
  })
  .map((schedule) => ({
    ...schedule,
    // Who starts right after a step has not seen it.
    processes: schedule.processes.map((each) => {
      const [first] = schedule.steps;
      return each.startsAfterStepMs === null || first === undefined
        ? each
        : { ...each, startsAtMs: first.atMs + each.startsAfterStepMs };
    }),
  }));

function mostOfAnEndpoint(arrivals: readonly Arrival[]): number {
  return mostInAWindow(arrivals.map(({ atMs, endpoint }) => ({ atMs, bucket: endpoint })));
}

/** The most arrivals in any window in which one of them was sent under the limit of the whole key. */
function mostAroundTheKey(arrivals: readonly Arrival[]): number {
  const around = arrivals.map(({ atMs }) =>
    arrivals.filter((other) => other.atMs <= atMs && other.atMs > atMs - 1_000),
  );
  return Math.max(
    0,
    ...around.filter((window) => window.some((each) => each.isUnderKey)).map((window) => window.length),
  );
}

test('P6 no delay, death, lost answer, crash or clock step lets N + 1 requests arrive within a second', async () => {
  let arrived = 0;
  let arrivedUnderKey = 0;
  await fc.assert(
    fc.asyncProperty(schedules, async (schedule) => {
      const arrivals = await play(schedule);
      arrived += arrivals.length;
      arrivedUnderKey += arrivals.filter((arrival) => arrival.isUnderKey).length;
      expect(mostOfAnEndpoint(arrivals)).toBeLessThanOrEqual(schedule.places);
      // Taken back, the key's limit was none.
      if (schedule.takenBackAfterMs === null)
        expect(mostAroundTheKey(arrivals)).toBeLessThanOrEqual(schedule.places);
    }),
    { numRuns: 300, interruptAfterTimeLimit: 40_000, markInterruptAsFailure: false },
  );
  // A pacer that lets nothing through would pass.
  expect(arrived).toBeGreaterThan(1_000);
  expect(arrivedUnderKey).toBeGreaterThan(500);
});
