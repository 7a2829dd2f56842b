import { DAY_MS } from '../../../src/core/day';
import { chooseSpansAround, fitSpan, halfOf } from '../../../src/domain/ledger/window-spans';
import type { Window } from '../../../src/domain/ledger/windows';

const TODAY = Date.UTC(2026, 10, 20);
const NOON = DAY_MS / 2;
const NOW = TODAY + NOON;
const dayNumberOf = (atMs: number): number => (atMs - TODAY) / DAY_MS;
const inDays = (windows: readonly Window[]) =>
  windows.map(({ fromMs, toMs }) => [dayNumberOf(fromMs), dayNumberOf(toMs)]);
const windowOf = (from: number, to: number): Window => ({
  fromMs: TODAY + from * DAY_MS,
  toMs: TODAY + to * DAY_MS,
});

test('a window is cut into parts that fit the limit', () => {
  expect(inDays(fitSpan(windowOf(-30, 0), 30 * DAY_MS, NOW))).toEqual([[-30, 0]]);
  expect(inDays(fitSpan(windowOf(-20, 0), 8 * DAY_MS, NOW))).toEqual([
    [-7, 0],
    [-14, -7],
    [-20, -14],
  ]);
  // The newest window reaches the end of tomorrow and uses half of the limit; the other half is room to grow.
  expect(inDays(fitSpan(windowOf(-20, Infinity), 8 * DAY_MS, NOW))).toEqual([
    [-1, Infinity],
    [-8, -1],
    [-15, -8],
    [-20, -15],
  ]);
  // A limit of a few days leaves no room, and one of less than two days no whole days.
  expect(inDays(fitSpan(windowOf(-3, Infinity), 3 * DAY_MS, NOW))).toEqual([
    [0, Infinity],
    [-3, 0],
  ]);
  expect(inDays(fitSpan(windowOf(-3, 0), 2 * DAY_MS, NOW))).toEqual([
    [-1, 0],
    [-3, -1],
  ]);
  expect(inDays(fitSpan(windowOf(-3, Infinity), 4 * DAY_MS, NOW))[0]).toEqual([1, Infinity]);
  for (const { fromMs, toMs } of fitSpan(windowOf(-3, 0), DAY_MS, NOW))
    expect(toMs - fromMs).toBeLessThan(DAY_MS);
});

test('half of a span is whole days if it has two or more', () => {
  expect([5, 2, 1].map((days) => halfOf(days * DAY_MS) / DAY_MS)).toEqual([2, 1, 0.5]);
  expect(halfOf(DAY_MS + 1)).toBe(DAY_MS / 2);
});

test('spans around instants merge when they touch', () => {
  const at = (...days: number[]): number[] => days.map((day) => TODAY + day * DAY_MS + NOON);
  expect(inDays(chooseSpansAround(at(9, 2), 4))).toEqual([
    [1, 4],
    [8, 11],
  ]);
  expect(inDays(chooseSpansAround(at(2, 5, 9), 4))).toEqual([
    [1, 7],
    [8, 11],
  ]);
  expect(inDays(chooseSpansAround(at(2, 20, 30, 50), 2))).toEqual([
    [1, 32],
    [49, 52],
  ]);
  expect(chooseSpansAround([], 4)).toEqual([]);
});
