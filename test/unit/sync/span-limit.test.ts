/** Which span does the pool answer in full, if it cuts longer ones? */
import { DAY_MS } from '../../../src/core/day';
import type { IncomeList } from '../../../src/sync/ledger/income-list';
import { findSpanLimit } from '../../../src/sync/ledger/span-limit';
import { contains, spanMsOf, type Window } from '../../../src/domain/ledger/windows';
import { NOW, rowOf, TODAY } from '../../support/memory-ledger';

const windowOf = (from: number, to: number): Window => ({
  fromMs: TODAY + from * DAY_MS,
  toMs: TODAY + to * DAY_MS,
});

/** A list that answers only the last days of a span, and shows only some of its rows. */
function listOf(daysAgo: readonly number[], clippedDays: number, shown = 100, refusesAboveDays = Infinity) {
  const answer = (window: Window) => {
    const endMs = Math.min(window.toMs, TODAY + 2 * DAY_MS);
    const from = Math.max(window.fromMs, endMs - clippedDays * DAY_MS);
    const rows = daysAgo
      .map((day) => rowOf(day))
      .filter((row) => contains({ ...window, fromMs: from }, row.minedAtMs));
    return (endMs - window.fromMs) / DAY_MS > refusesAboveDays ? null : rows;
  };
  const list: Pick<IncomeList, 'now' | 'spanMs' | 'readPage' | 'count'> = {
    now: () => NOW,
    spanMs: (window) => spanMsOf(window, NOW),
    readPage: (window) => {
      const rows = answer(window);
      return Promise.resolve(
        rows === null
          ? null
          : {
              rows: rows.slice(0, shown),
              unreadable: [],
              answeredAtMs: 0,
              currentPage: 1,
              pageSize: 100,
              totalNum: rows.length,
              totalPage: null,
            },
      );
    },
    count: (window) => Promise.resolve(answer(window)?.length ?? null),
  };
  return list;
}

const WIDE = windowOf(-300, Infinity);

test('P2 the longest of 30, 6 and 1 days answered in full counts', async () => {
  for (const [clippedDays, limitDays] of [
    [40, 30],
    [20, 6],
    [6, 6],
    [3, 1],
  ] as const)
    expect(await findSpanLimit(listOf([60], clippedDays), rowOf(60), WIDE)).toBe(limitDays * DAY_MS);
});

test('no limit is learnt if no shorter span shows the row', async () => {
  expect(await findSpanLimit(listOf([60], 1_000), rowOf(60), WIDE)).toBeNull();
  expect(await findSpanLimit(listOf([61], 20), rowOf(60), WIDE)).toBeNull();
  // For a clipped window of ten days, a limit of thirty would be too long.
  expect(await findSpanLimit(listOf([10], 7), rowOf(10), windowOf(-10, 0))).toBe(6 * DAY_MS);
  expect(await findSpanLimit(listOf([60], 20), rowOf(60, { currency: 'LTC' }), WIDE)).toBeNull();
});

// Found by test/simulation/ledger-histories.test.ts: KPOOL_TEST_SEED=88010057.
test('no limit is learnt if the wide window may show the row', async () => {
  // The page shows the oldest of many rows, and all rows newer than the missing one are outside the window.
  const daysAgo = Array.from({ length: 60 }, (_, i) => 119 - i);
  expect(await findSpanLimit(listOf(daysAgo, 1_000, 10), rowOf(60), windowOf(-300, -59))).toBeNull();
});

test('no limit is learnt that is longer than the clipped window', async () => {
  const long = (window: Window): boolean => window.toMs - window.fromMs > 20 * DAY_MS;
  const list = listOf([60], 1_000);
  const odd: typeof list = {
    ...list,
    readPage: (window) => list.readPage(long(window) ? window : windowOf(-1, 0)),
  };
  expect(await findSpanLimit(odd, rowOf(60), windowOf(-60, -50))).toBeNull();
});

test('no limit is learnt from a count that compares to nothing', async () => {
  // Only a span of one day shows rows of that day, but more than a page: the row need not be among them.
  const crowd = Array.from({ length: 20 }, () => 60);
  expect(await findSpanLimit(listOf(crowd, 3, 10), rowOf(60, { currency: 'LTC' }), WIDE)).toBeNull();
});

test('P2 a count decides if the page does not show the row', async () => {
  const daysAgo = Array.from({ length: 60 }, (_, i) => 31 + i);
  // The row is counted, but is on no page that was read.
  expect(await findSpanLimit(listOf(daysAgo, 1_000, 10), rowOf(90), WIDE)).toBeNull();
  expect(await findSpanLimit(listOf(daysAgo, 40, 10), rowOf(90), WIDE)).toBe(30 * DAY_MS);
  // The pool refuses the wide window and the span to compare it with.
  expect(await findSpanLimit(listOf(daysAgo, 40, 10, 100), rowOf(90), WIDE)).toBe(30 * DAY_MS);
});
