import { KpoolError } from '../../../src/core/errors';
import { createCircuit } from '../../../src/kucoin/circuit';
import type { Failure } from '../../../src/kucoin/failure';
import { createForbiddenWatch } from '../../../src/kucoin/forbidden-watch';
import { DEFAULT_RETRY_POLICY, nextDelayMs } from '../../../src/kucoin/retry-policy';
import { createServerClock } from '../../../src/kucoin/server-clock';

const failed = (code: ConstructorParameters<typeof KpoolError>[0], retryAfterMs?: number): Failure => ({
  error: new KpoolError(code, code, retryAfterMs === undefined ? {} : { retryAfterMs }),
  kind: code === 'pool.throttled' ? 'throttled' : 'plain',
});

const delays = (failure: Failure): (number | null)[] =>
  [1, 2, 3, 4].map((attempt) => nextDelayMs(DEFAULT_RETRY_POLICY, attempt, failure, 0));

test('what may pass by itself is tried four times, ever more slowly', () => {
  expect(delays(failed('pool.unreachable'))).toEqual([500, 1_000, 2_000, null]);
  expect(delays(failed('pool.throttled'))).toEqual([2_000, 4_000, 8_000, null]);
});

test.each(['pool.unauthorized', 'pool.parameter', 'pool.clock', 'pool.redirected', 'aborted'] as const)(
  '%s is not tried again',
  (code) => {
    expect(delays(failed(code))[0]).toBeNull();
  },
);

test('Retry-After is honoured, unless it would hold the call for more than a minute', () => {
  expect(delays(failed('pool.throttled', 20_000))[0]).toBe(20_000);
  expect(delays(failed('pool.throttled', 10))[0]).toBe(2_000);
  expect(delays(failed('pool.throttled', 61_000))[0]).toBeNull();
});

test('four spaced 403 in a row mean forbidden; a burst counts once, an answer starts over', () => {
  const watch = createForbiddenWatch(4, 1_000);
  expect([0, 10, 20, 30, 40].map((ms) => watch.refused('earn/query', ms))).toEqual(Array(5).fill(false));
  expect([1_000, 2_000].map((ms) => watch.refused('earn/query', ms))).toEqual([false, false]);
  expect(watch.refused('reward/query', 3_000)).toBe(false);
  watch.answered('reward/query');
  expect(watch.refused('earn/query', 3_000)).toBe(true);
  expect(watch.refused('earn/query', 3_001)).toBe(true);
  watch.answered('earn/query');
  expect(watch.refused('earn/query', 9_000)).toBe(false);
});

test('maintenance lets one call through when its time is over, and the others wait for its answer', () => {
  const circuit = createCircuit({ firstDelayMs: 1_000, maxDelayMs: 60_000, factor: 2 });
  expect(circuit.waitMs(0)).toBe(0);
  circuit.maintained(0, 1);
  expect(circuit.waitMs(400)).toBe(600);
  expect(circuit.waitMs(1_000)).toBe(0);
  expect(circuit.waitMs(1_001)).toBe(999);
  circuit.maintained(1_100, 1);
  expect(circuit.waitMs(1_100)).toBe(2_000);
  circuit.answered();
  expect(circuit.waitMs(1_101)).toBe(0);
});

test('the pool clock is learnt from Date, but not from what its one-second steps explain', () => {
  let hostMs = 1_000_000;
  const clock = createServerClock({
    now: () => hostMs,
    monotonicMs: () => 0,
    sleep: () => Promise.resolve(),
  });
  const observe = (dateMs: number, roundTripMs: number): boolean =>
    clock.observe({ dateMs, sentAtMs: hostMs - roundTripMs, answeredAtMs: hostMs });
  expect(observe(999_000, 100)).toBe(false);
  expect(observe(1_000_000, 100)).toBe(false);
  // Ten seconds of waiting explain seven seconds of difference.
  expect(observe(1_001_000, 10_000)).toBe(false);
  expect(observe(1_007_000, 100)).toBe(true);
  expect(clock.offsetMs()).toBe(7_550);
  hostMs += 5_000;
  expect(clock.now()).toBe(hostMs + 7_550);
  // Somebody sets the host's clock.
  hostMs += 7_500;
  expect(observe(1_012_000, 100)).toBe(true);
  expect(Math.abs(clock.offsetMs())).toBeLessThan(600);
});
