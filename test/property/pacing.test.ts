import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import fc from 'fast-check';
import { computeLeaseMs, computeResumeMs } from '../../src/pacing/time-limits';
import { play } from '../support/pacing/schedule';
import type { Arrival, Schedule } from '../support/pacing/schedule';
import { mostInAWindow } from '../support/pacing/window-server';

/** KPOOL_TEST_SECONDS plays more schedules than a run of the suite does. */
const SECONDS = Number(process.env['KPOOL_TEST_SECONDS'] ?? 8);
/** Faults happen for this long. Then it is calm until the first request must have left. */
const TROUBLE_MS = 60_000;
/** From the first permit to the arrival of its request: a pause in the process, and the way to the pool, ms. */
const SLOWEST_ARRIVAL_MS = 1_900;

const time = fc.integer({ min: 0, max: TROUBLE_MS });
/** Some are longer than every limit of the pacing. */
const pause = fc
  .tuple(time, fc.oneof(fc.integer({ min: 100, max: 5_000 }), fc.integer({ min: 5_000, max: TROUBLE_MS })))
  .map(([fromMs, forMs]) => ({ fromMs, toMs: Math.min(fromMs + forMs, TROUBLE_MS) }));
const rarely = <T>(arbitrary: fc.Arbitrary<T>, none: T): fc.Arbitrary<T> =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(none) }, arbitrary);

const schedules: fc.Arbitrary<Schedule> = fc
  .record({
    seed: fc.integer(),
    slots: fc.integer({ min: 1, max: 3 }),
    totalTimeoutMs: fc.constantFrom(500, 3_000, 30_000),
    scope: fc.constantFrom('auto', 'endpoint', 'key'),
    processes: fc.array(
      fc.record({
        startsAtMs: fc.oneof(fc.constant(0), time),
        diesAtMs: fc.oneof(fc.constant(Infinity), time),
        waiters: fc.integer({ min: 1, max: 6 }),
        drift: fc.integer({ min: -200, max: 200 }),
        freezes: rarely(fc.array(pause, { maxLength: 1 }), []),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    steps: rarely(
      fc.array(
        fc.record({
          atMs: time,
          byMs: fc.oneof(
            fc.integer({ min: -30_000, max: 30_000 }),
            fc.integer({ min: -100_000 * HOUR_MS, max: 100_000 * HOUR_MS }),
          ),
        }),
        { maxLength: 3 },
      ),
      [],
    ),
    losses: rarely(
      fc.array(
        fc.record({ atMs: time, setBackMs: fc.option(fc.integer({ min: 0, max: 20_000 }), { freq: 2 }) }),
        { maxLength: 2 },
      ),
      [],
    ),
    outages: rarely(fc.array(pause, { maxLength: 2 }), []),
    lostPolls: fc.constantFrom(0, 0, 20, 200),
    lostAnswers: fc.constantFrom(0, 50, 300),
    slowPolls: fc.constantFrom(0, 10, 200),
    throttledAtMs: fc.option(time),
    takenBackAfterMs: fc.option(fc.integer({ min: 0, max: 20_000 }), { freq: 1 }),
  })
  .map((schedule) => ({
    ...schedule,
    calmAtMs: TROUBLE_MS,
    lastsMs: TROUBLE_MS + computeResumeMs(computeLeaseMs(schedule.totalTimeoutMs)) + SLOWEST_ARRIVAL_MS,
  }));

/**
 * How many arrivals in a window are allowed at `atMs`. A process alone keeps to N whatever happens. Several know of each
 * other by the database: for one lease after its clock was stepped forward, or it was set back, each such event may let
 * N more through.
 */
function limitAt(schedule: Schedule, atMs: number): number {
  if (schedule.processes.length === 1) return schedule.slots;
  const forward = schedule.steps.filter(({ byMs }) => byMs > 0);
  const setBack = schedule.losses.filter(({ setBackMs }) => setBackMs !== null);
  const untilMs = computeLeaseMs(schedule.totalTimeoutMs) + 1_000;
  const recent = [...forward, ...setBack].filter(
    (event) => event.atMs <= atMs && atMs < event.atMs + untilMs,
  );
  return schedule.slots * (1 + recent.length);
}

/** The last arrival of each window that holds more than is allowed. */
function crowded(schedule: Schedule, arrivals: readonly Arrival[]): number[] {
  return arrivals
    .filter(({ atMs }) => {
      const window = arrivals.filter((other) => other.atMs <= atMs && other.atMs > atMs - 1_000);
      const isUnderKey = schedule.takenBackAfterMs === null && window.some((each) => each.isUnderKey);
      const named = window.map((each) => ({ atMs: each.atMs, bucket: isUnderKey ? '*' : each.endpoint }));
      return mostInAWindow(named) > limitAt(schedule, atMs);
    })
    .map(({ atMs }) => atMs);
}

test(
  'P6 P12 at most N requests in any second, and always progress',
  async () => {
    const untilMs = performance.now() + 1_000 * SECONDS;
    let played = 0;
    let arrived = 0;
    let arrivedUnderKey = 0;
    await fc.assert(
      fc.asyncProperty(schedules, async (schedule) => {
        // fast-check's own time limit would leave a schedule playing after the test.
        if (performance.now() > untilMs) return;
        const arrivals = await play(schedule);
        played += 1;
        arrived += arrivals.length;
        arrivedUnderKey += arrivals.filter((arrival) => arrival.isUnderKey).length;
        expect(crowded(schedule, arrivals)).toEqual([]);
        if (schedule.processes.some(({ diesAtMs }) => diesAtMs === Infinity))
          expect(arrivals.some(({ atMs }) => atMs > schedule.calmAtMs)).toBe(true);
      }),
      { numRuns: 40 * SECONDS },
    );
    // Without this check, a pacer that lets nothing through would pass.
    expect(arrived).toBeGreaterThan(3 * played);
    expect(arrivedUnderKey).toBeGreaterThan(played);
  },
  1_000 * SECONDS + 60_000,
);
