import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import fc from 'fast-check';
import { DAY_MS } from '../../../src/core/day';
import { cutForStorage } from '../../../src/domain/ledger/cut-for-storage';
import { findProvenPrefix, orderOf } from '../../../src/domain/ledger/proven-prefix';
import {
  cutAt,
  cutByRows,
  cutBySample,
  cutEdges,
  cutOutUnreadable,
  plannedRowsOf,
} from '../../../src/domain/ledger/window-cuts';
import { contains, type Window } from '../../../src/domain/ledger/windows';

const window = (fromDay: number, toDay: number): Window => ({
  fromMs: fromDay * DAY_MS,
  toMs: toDay * DAY_MS,
});
const NOON = DAY_MS / 2;
const inDays = (windows: readonly Window[]): number[][] =>
  windows.map(({ fromMs, toMs }) => [fromMs / DAY_MS, toMs / DAY_MS]);

test('a window is cut only inside, newest part first', () => {
  const cuts = [4, 2, 4, 0, 9, -1, 12].map((day) => day * DAY_MS);
  expect(inDays(cutAt(window(0, 9), cuts))).toEqual([
    [4, 9],
    [2, 4],
    [0, 2],
  ]);
  expect(cutAt(window(0, 9), [])).toEqual([window(0, 9)]);
});

test('rows are separated at midnight, or half way between them', () => {
  const cutOf = (...instants: number[]): number => cutByRows(window(0, 9), instants, 1)[0]!.fromMs / HOUR_MS;
  expect(cutOf(2 * DAY_MS + NOON, 1 * DAY_MS + NOON)).toBe(48);
  expect(cutOf(2 * DAY_MS, 1 * DAY_MS)).toBe(36);
  expect(cutOf(2 * DAY_MS + NOON, 2 * DAY_MS)).toBe(54);
  expect(cutOf(2 * DAY_MS + 2 * HOUR_MS, 2 * DAY_MS + HOUR_MS)).toBe(49.5);
});

test('parts hold the rows asked for, one instant stays together', () => {
  const days = Array.from({ length: 7 }, (_, i) => i * DAY_MS + NOON);
  expect(inDays(cutByRows(window(0, 7), days, 3))).toEqual([
    [4, 7],
    [1, 4],
    [0, 1],
  ]);
  const crowd = [6, 5, 5, 5, 5, 4].map((day) => day * DAY_MS + NOON);
  expect(inDays(cutByRows(window(0, 7), crowd, 2))).toEqual([
    [6, 7],
    [5, 6],
    [0, 5],
  ]);
  expect(cutByRows(window(0, 7), [NOON, NOON, NOON], 1)).toEqual([window(0, 7)]);
});

test('the first and the last day are read apart', () => {
  expect(inDays(cutEdges(window(0, 9)))).toEqual([
    [8, 9],
    [1, 8],
    [0, 1],
  ]);
  expect(cutEdges(window(0, 2))).toEqual([window(0, 2)]);
});

describe('the day of an unreadable row', () => {
  const minedOn = (...days: (number | null)[]) =>
    days.map((day) => ({
      raw: '{}',
      reason: '',
      ...(day === null ? {} : { minedAtMs: day * DAY_MS + NOON }),
    }));
  const partsOf = (outer: Window, ...days: (number | null)[]) =>
    inDays(cutOutUnreadable(outer, minedOn(...days), 100 * DAY_MS));

  test('is read apart, also at either edge of its window', () => {
    expect(partsOf(window(0, 9), 4)).toEqual([
      [5, 9],
      [4, 5],
      [0, 4],
    ]);
    expect(partsOf(window(0, 9), 0)).toEqual([
      [1, 9],
      [0, 1],
    ]);
    expect(partsOf(window(0, 9), 8)).toEqual([
      [8, 9],
      [0, 8],
    ]);
    // A window within one day is not cut.
    expect(partsOf(window(0.5, 0.75), 0)).toEqual([[0.5, 0.75]]);
    expect(partsOf(window(4, 5), 4)).toEqual([[4, 5]]);
    // Of two days, one is cut out at a time.
    expect(partsOf(window(4, 9), 4, 8)).toEqual([
      [5, 9],
      [4, 5],
    ]);
    expect(partsOf(window(5, 9), 4, 8)).toEqual([
      [8, 9],
      [5, 8],
    ]);
  });

  test('is found by halving if no row says it', () => {
    const halves = [
      [4.5, 9],
      [0, 4.5],
    ];
    expect(partsOf(window(0, 9), null)).toEqual(halves);
    // A date outside the window is ignored.
    expect(partsOf(window(0, 9), 9)).toEqual(halves);
    expect(inDays(cutOutUnreadable({ fromMs: 0, toMs: Infinity }, minedOn(null), 7 * DAY_MS))).toEqual([
      [4.5, Infinity],
      [0, 4.5],
    ]);
  });

  test('is not read apart if there are more than five, or none', () => {
    expect(partsOf(window(0, 9), 1, 2, 3, 4, 5)).toHaveLength(3);
    expect(partsOf(window(0, 9), 1, 2, 3, 4, 5, 6)).toEqual([[0, 9]]);
    expect(partsOf(window(0, 9))).toEqual([[0, 9]]);
  });
});

describe('a complete read is stored', () => {
  const days = (count: number) => Array.from({ length: count }, (_, i) => ({ minedAtMs: i * DAY_MS + NOON }));
  const unreadable = [{ raw: '{}', reason: '' }];
  const open = { fromMs: 0, toMs: Infinity };
  const storing = { capacity: 100, recentFromMs: 80 * DAY_MS, isPaged: false, cuts: [5 * DAY_MS] };
  const cutsOf = (outer: Window, count: number, more: { isBroken?: boolean; isPaged?: boolean } = {}) => {
    const served = { rows: days(count), unreadable: more.isBroken === true ? unreadable : [] };
    const parts = cutForStorage(outer, served, { ...storing, isPaged: more.isPaged === true });
    return parts.map(({ fromMs }) => fromMs / DAY_MS);
  };

  test('as windows of 90 rows, the newest one with room', () => {
    expect(cutsOf(open, 80)).toEqual([5, 0]);
    expect(cutsOf(open, 100)).toEqual([80, 5, 0]);
    expect(cutsOf(window(0, 100), 100)).toEqual([5, 0]);
    expect(cutsOf(window(0, 200), 190)).toEqual([100, 10, 5, 0]);
  });

  test('in one piece while a row of it cannot be read', () => {
    expect(cutsOf(open, 100, { isBroken: true })).toEqual([0]);
    expect(cutsOf(window(0, 200), 190, { isBroken: true })).toEqual([0]);
  });

  test('of a paged scope as the newest window and the rest', () => {
    expect(cutsOf(open, 100, { isPaged: true })).toEqual([80, 0]);
    expect(cutsOf(open, 110, { isPaged: true, isBroken: true })).toEqual([80, 0]);
    expect(cutsOf(open, 80, { isPaged: true })).toEqual([0]);
    expect(cutsOf(window(0, 200), 190, { isPaged: true })).toEqual([0]);
  });
});

test('a page with one row in twenty misplaced is in order', () => {
  const falling = Array.from({ length: 40 }, (_, i) => 40 - i);
  expect(orderOf(falling)).toBe('newest-first');
  expect(orderOf([...falling].reverse())).toBe('oldest-first');
  expect(orderOf([5, 5, 5])).toBe('newest-first');
  const withLate = (late: number): number[] => falling.flatMap((at, i) => (i < late ? [at, 100 + i] : [at]));
  expect(orderOf(withLate(2))).toBe('newest-first');
  expect(orderOf(withLate(3))).toBe('none');
  expect(orderOf(withLate(3).reverse())).toBe('none');
});

test('a page in order proves all but its last instant', () => {
  const page = [9, 8, 7, 6, 5, 5].map((day) => day * DAY_MS + NOON);
  const newest = findProvenPrefix(window(0, 20), page, 50)!;
  expect(newest).toEqual({ proven: window(6, 20), rest: window(0, 6), restRows: 46 });
  const oldest = findProvenPrefix(
    window(0, 20),
    [1, 2, 3, 4, 5, 5].map((d) => d * DAY_MS + NOON),
    50,
  )!;
  expect(oldest).toEqual({ proven: window(0, 5), rest: window(5, 20), restRows: 46 });
});

test('a page of one instant or in no order proves nothing', () => {
  expect(findProvenPrefix(window(0, 9), [], 5)).toBeNull();
  expect(findProvenPrefix(window(0, 9), [5, 5, 5], 5)).toBeNull();
  expect(
    findProvenPrefix(
      window(0, 9),
      [1, 5, 2, 6, 3].map((d) => d * DAY_MS),
      50,
    ),
  ).toBeNull();
  // The cut half way between the two rows would be the start, or the end, of the window.
  expect(findProvenPrefix({ fromMs: 5, toMs: DAY_MS }, [6, 4], 50)).toBeNull();
  expect(findProvenPrefix({ fromMs: 0, toMs: 5 }, [6, 4], 50)).toBeNull();
});

test('a proven window leaves room for late rows', () => {
  const daily = Array.from({ length: 100 }, (_, i) => (200 - i) * DAY_MS + NOON);
  expect(findProvenPrefix(window(0, 300), daily, 150)).toMatchObject({ restRows: 150 - plannedRowsOf(100) });
  // 60 rows, then 39 of one day: a cut before that day would leave too few rows.
  const crowded = daily.map((at, i) => (i < 60 ? at : i < 99 ? 100 * DAY_MS : 50 * DAY_MS));
  expect(findProvenPrefix(window(0, 300), crowded, 150)).toMatchObject({ restRows: 150 - 99 });
  // 75 rows are enough.
  const roomy = daily.map((at, i) => (i < 75 ? at : i < 99 ? 100 * DAY_MS : 50 * DAY_MS));
  expect(findProvenPrefix(window(0, 300), roomy, 150)).toMatchObject({ restRows: 150 - 75 });
});

test('P2 a proven prefix holds every row of its window', () => {
  const instants = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 2, maxLength: 80 });
  fc.assert(
    fc.property(instants, fc.integer({ min: 2, max: 40 }), fc.boolean(), (of, pageRows, isNewestFirst) => {
      const whole = window(0, 61);
      const rows = of.map((n) => n * DAY_MS + (n % 3) * NOON).sort((a, b) => (isNewestFirst ? b - a : a - b));
      const prefix = findProvenPrefix(whole, rows.slice(0, pageRows), rows.length);
      if (prefix === null) return;
      const { proven, rest, restRows } = prefix;
      expect(cutAt(whole, [isNewestFirst ? proven.fromMs : proven.toMs])).toEqual(
        isNewestFirst ? [proven, rest] : [rest, proven],
      );
      const inside = (outer: Window, list: readonly number[]): number =>
        list.filter((at) => contains(outer, at)).length;
      expect(inside(proven, rows.slice(0, pageRows))).toBe(inside(proven, rows));
      expect(restRows).toBe(inside(rest, rows));
    }),
    { seed: 20_261_127 },
  );
});

test('an unordered page says how many parts are needed', () => {
  const daily = Array.from({ length: 100 }, (_, i) => ((i * 37) % 100) * DAY_MS + NOON);
  expect(cutBySample(window(0, 100), daily, 195)).toHaveLength(3);
  expect(cutBySample(window(0, 100), daily, 101)).toHaveLength(2);
  // Of fourteen parts by seven rows each, many would hold more than a page.
  expect(cutBySample(window(0, 100), daily, 1_000)).toHaveLength(4);
  // Forty-seven parts by two rows each would be guesses. Seven larger ones are cut again when they are read.
  expect(cutBySample(window(0, 100), daily, 3_000)).toHaveLength(7);
  const crowd = [5 * DAY_MS, 5 * DAY_MS];
  expect(inDays(cutBySample(window(0, 9), crowd, 50))).toEqual([
    [5.5, 9],
    [4.5, 5.5],
    [0, 4.5],
  ]);
  expect(inDays(cutBySample(window(4, 9), [], 50))).toEqual([
    [4.5, 9],
    [4, 4.5],
  ]);
});
