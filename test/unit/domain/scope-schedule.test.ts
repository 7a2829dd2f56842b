import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import {
  computeNextVisitMs,
  type ScopeFacts,
  type ScopePace,
} from '../../../src/domain/planning/scope-schedule';

const sketch: ScopeFacts = {
  isDefaultAlgo: true,
  isGone: false,
  hasPendingRows: false,
  lastCycleAtMs: 0,
  lastLifeAtMs: 0,
  consecutiveFailures: 0,
  lastFailedAtMs: null,
  lastFailureCode: null,
};

const next = (more: Partial<ScopeFacts>, nowMs: number, pace: ScopePace = 'live') =>
  computeNextVisitMs({ ...sketch, ...more }, pace, HOUR_MS, nowMs);

describe('the next visit of a scope', () => {
  test('is at once for a new scope, then by its pace', () => {
    expect(next({ lastCycleAtMs: null }, 0)).toBe(-Infinity);
    expect(next({}, 0)).toBe(HOUR_MS);
    expect(next({}, 0, 'dormant')).toBe(24 * HOUR_MS);
    expect(next({}, 0, 'finished')).toBe(Infinity);
  });

  test('comes later after each failure, up to its interval', () => {
    const after = (failures: number, lastFailureCode: string | null = null) =>
      next(
        { lastCycleAtMs: null, consecutiveFailures: failures, lastFailedAtMs: 5_000, lastFailureCode },
        5_000,
      );
    expect([1, 2, 3, 10, 500].map((failures) => after(failures))).toEqual([
      15_000, 25_000, 45_000, 3_605_000, 3_605_000,
    ]);
  });

  test('P12 comes within 25 s however often the pool was away', () => {
    for (const lastFailureCode of ['pool.unreachable', 'pool.timeout']) {
      const failed = { consecutiveFailures: 50, lastFailedAtMs: HOUR_MS, lastFailureCode };
      expect(next(failed, HOUR_MS)).toBe(HOUR_MS + 25_000);
    }
  });

  test('is not brought forward by a failure', () => {
    const failed = { lastCycleAtMs: HOUR_MS, consecutiveFailures: 1, lastFailedAtMs: HOUR_MS };
    expect(next(failed, HOUR_MS)).toBe(2 * HOUR_MS);
  });

  test('P12 is due now if the last one was recorded in the future', () => {
    expect(next({ lastCycleAtMs: 3 * HOUR_MS }, HOUR_MS)).toBe(HOUR_MS);
    const failed = { lastCycleAtMs: 0, consecutiveFailures: 9, lastFailedAtMs: 9 * HOUR_MS };
    expect(next(failed, 2 * HOUR_MS)).toBe(2 * HOUR_MS);
  });
});
