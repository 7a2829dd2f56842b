import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { KpoolError } from '../../../src/core/errors';
import { Circuit, type Trouble } from '../../../src/kucoin/circuit';
import type { CallFailure } from '../../../src/kucoin/failure';
import { DEFAULT_RETRY_POLICY, nextDelayMs } from '../../../src/kucoin/retry-policy';
import { createServerClock } from '../../../src/kucoin/server-clock';

const failed = (code: ConstructorParameters<typeof KpoolError>[0], retryAfterMs?: number): CallFailure => ({
  error: new KpoolError(code, code, retryAfterMs === undefined ? {} : { retryAfterMs }),
  kind: code === 'pool.throttled' ? 'throttled' : 'plain',
});

const delays = (failure: CallFailure): (number | null)[] =>
  [1, 2, 3, 4].map((attempt) => nextDelayMs(DEFAULT_RETRY_POLICY, attempt, failure, 0));

test('temporary failures are tried four times, ever more slowly', () => {
  expect(delays(failed('pool.unreachable'))).toEqual([500, 1_000, 2_000, null]);
  expect(delays(failed('pool.throttled'))).toEqual([2_000, 4_000, 8_000, null]);
});

test.each(['pool.unauthorized', 'pool.parameter', 'pool.clock', 'pool.redirected', 'aborted'] as const)(
  '%s is not retried',
  (code) => {
    expect(delays(failed(code))[0]).toBeNull();
  },
);

test('Retry-After is honoured up to a minute', () => {
  expect(delays(failed('pool.throttled', 20_000))[0]).toBe(20_000);
  expect(delays(failed('pool.throttled', 10))[0]).toBe(2_000);
  expect(delays(failed('pool.throttled', 61_000))[0]).toBeNull();
});

const STEADY = { firstDelayMs: 1_000, maxDelayMs: 60_000, factor: 2 };

function createCircuit(): Circuit {
  const pause = { maintenance: STEADY, throttled: STEADY, refused: STEADY };
  return new Circuit({ pause, failureThreshold: 3, longestPauseMs: HOUR_MS });
}

/** A failure of a request sent at `dispatchedAtMs` and answered at `nowMs`, with the longest random pause. */
const troubled = (
  dispatchedAtMs: number,
  nowMs: number,
  isProbe = false,
  trouble: Trouble = 'throttled',
) => ({
  trouble,
  dispatchedAtMs,
  nowMs,
  isProbe,
  retryAfterMs: null,
  random: 1,
});

test('an open circuit lets one call probe when its pause is over', () => {
  const circuit = createCircuit();
  expect(circuit.tryAcquire(0, false)).toEqual({ isProbe: false });
  circuit.open(troubled(0, 0, false, 'maintenance'));
  expect(circuit.waitMs(400)).toBe(600);
  expect(circuit.tryAcquire(1_000, false)).toEqual({ isProbe: true });
  expect(circuit.tryAcquire(1_001, false)).toEqual({ trouble: 'maintenance', waitMs: 1_000 });
  circuit.open(troubled(1_001, 1_100, true, 'maintenance'));
  circuit.releaseProbe();
  expect(circuit.waitMs(1_100)).toBe(2_000);
  expect(circuit.recordSuccess(3_200)).toBe(true);
  expect(circuit.waitMs(3_201)).toBe(0);
});

test('only a failing probe lengthens the pause', () => {
  const circuit = createCircuit();
  for (let call = 0; call < 6; call++) circuit.open(troubled(0, call, false, 'maintenance'));
  expect(circuit.waitMs(5)).toBe(995);
});

test('three throttled answers open the circuit, one burst does not', () => {
  const circuit = createCircuit();
  for (const ms of [10, 11, 12, 13]) circuit.recordFailure(troubled(0, ms), true);
  circuit.recordFailure(troubled(20, 30), true);
  expect(circuit.isOpen()).toBe(false);
  circuit.recordFailure(troubled(40, 50), true);
  expect(circuit.isOpen()).toBe(true);
});

test('a success resets the count of throttled answers if it is new', () => {
  const circuit = createCircuit();
  circuit.recordFailure(troubled(0, 10), true);
  circuit.recordFailure(troubled(20, 30), true);
  expect(circuit.recordSuccess(25)).toBe(false);
  expect(circuit.recordSuccess(31)).toBe(true);
  for (const ms of [40, 60]) circuit.recordFailure(troubled(ms, ms + 10), true);
  expect(circuit.isOpen()).toBe(false);
});

test('a call that was just refused leaves the probe to others', () => {
  const circuit = createCircuit();
  circuit.open(troubled(0, 0));
  expect(circuit.tryAcquire(1_000, true)).toEqual({ trouble: 'throttled', waitMs: 300 });
  expect(circuit.tryAcquire(1_300, true)).toEqual({ isProbe: true });
});

test('a probe without an answer is repeated after the same pause', () => {
  const circuit = createCircuit();
  circuit.open(troubled(0, 0));
  circuit.tryAcquire(1_000, false);
  circuit.repeatPause(1_500);
  circuit.releaseProbe();
  expect(circuit.waitMs(1_500)).toBe(1_000);
});

test('the pool’s clock is learnt only beyond the precision of Date', () => {
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
  // A round trip of ten seconds explains a difference of seven.
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
