import { nextVisitMs, type ScopeSketch } from '../../../src/domain/scope-schedule';

const HOUR_MS = 3_600_000;
const sketch: ScopeSketch = {
  isDefaultAlgo: true,
  isGone: false,
  hasPendingRows: false,
  lastCycleAtMs: 0,
  lastLifeAtMs: 0,
  consecutiveFailures: 0,
  lastFailedAtMs: null,
};

describe('the next visit of a scope', () => {
  it('is at once for a new one, after its interval for a live one, daily for a dormant one, never for a finished one', () => {
    expect(nextVisitMs({ ...sketch, lastCycleAtMs: null }, 'live', HOUR_MS)).toBe(-Infinity);
    expect(nextVisitMs(sketch, 'live', HOUR_MS)).toBe(HOUR_MS);
    expect(nextVisitMs(sketch, 'dormant', HOUR_MS)).toBe(24 * HOUR_MS);
    expect(nextVisitMs(sketch, 'finished', HOUR_MS)).toBe(Infinity);
  });

  it('comes a minute after a failure, twice as late after each further one, and not later than its interval', () => {
    const after = (failures: number) =>
      nextVisitMs(
        { ...sketch, lastCycleAtMs: null, consecutiveFailures: failures, lastFailedAtMs: 5_000 },
        'live',
        HOUR_MS,
      );
    expect([1, 2, 3, 7, 500].map(after)).toEqual([65_000, 125_000, 245_000, 3_605_000, 3_605_000]);
  });

  it('is not brought forward by a failure', () => {
    const failed = { ...sketch, lastCycleAtMs: HOUR_MS, consecutiveFailures: 1, lastFailedAtMs: HOUR_MS };
    expect(nextVisitMs(failed, 'live', HOUR_MS)).toBe(2 * HOUR_MS);
  });
});
