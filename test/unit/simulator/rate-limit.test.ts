import * as fc from 'fast-check';
import type { RateLimit, RequestLogEntry } from '../../../src/simulator';
import { RateCounter } from '../../../src/simulator/rate-limit';
import { RequestLog } from '../../../src/simulator/request-log';

const LIMIT: RateLimit = { requests: 2, windowMs: 1_000, per: 'endpoint' };

function admissions(arrivals: readonly number[]): boolean[] {
  const counter = new RateCounter();
  return arrivals.map((atMs) => counter.admits(LIMIT, 'key', 'earn/query', atMs));
}

function logOf(arrivals: readonly number[], fields: Partial<RequestLogEntry> = {}): RequestLog {
  const log = new RequestLog();
  for (const arrivedAtMs of arrivals) {
    log.add({
      endpoint: 'earn/query',
      apiKey: 'key',
      arrivedAtMs,
      poolTimeMs: 0,
      params: {},
      httpStatus: 200,
      code: '200',
      rejected: false,
      ...fields,
    });
  }
  return log;
}

test('a request is allowed again a second after the first', () => {
  expect(admissions([0, 400, 999.9])).toEqual([true, true, false]);
  expect(admissions([0, 400, 1_000])).toEqual([true, true, true]);
});

test('a rejected request counts as well', () => {
  expect(admissions([0, 400, 999.9, 1_100, 1_399, 2_150])).toEqual([true, true, false, false, false, true]);
  expect(admissions([0, 400, 999.9, 2_000])).toEqual([true, true, false, true]);
});

test('the log finds the busiest second', () => {
  expect(logOf([0, 1_000, 2_000]).maxArrivalsInWindow('earn/query', 'key', 1_000)).toBe(1);
  expect(logOf([0, 999.999]).maxArrivalsInWindow('earn/query', 'key', 1_000)).toBe(2);
  expect(logOf([0, 1, 2]).maxArrivalsInWindow('user/query', 'key', 1_000)).toBe(0);
  expect(logOf([0, 1, 2]).maxArrivalsInWindow('*', 'other', 1_000)).toBe(0);
});

test('the busiest second is the one that a plain count finds', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 40 }), (times) => {
      const arrivals = times.sort((a, b) => a - b);
      const counts = arrivals.map(
        (start) => arrivals.filter((at) => at >= start && at < start + 1_000).length,
      );
      expect(logOf(arrivals).maxArrivalsInWindow('*', '*', 1_000)).toBe(Math.max(0, ...counts));
      // The counter lets everything in exactly when no span holds more than the limit.
      expect(admissions(arrivals).every(Boolean)).toBe(Math.max(0, ...counts) <= LIMIT.requests);
    }),
  );
});
