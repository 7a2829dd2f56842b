/** Does one answer hold all of its window? */
import type { IncomeRow } from '../../../src/domain/income';
import type { Page } from '../../../src/domain/page';
import type { Window } from '../../../src/domain/ledger/windows';
import type { IncomeList } from '../../../src/sync/ledger/income-list';
import { readAll, readWindow } from '../../../src/sync/ledger/read-window';
import { daily, daysAgo, rowOf, TODAY } from '../../support/memory-ledger';

const WINDOW: Window = { fromMs: daysAgo(200), toMs: TODAY };

const pageOf = (rows: readonly IncomeRow[], totalNum: number | null = rows.length): Page<IncomeRow> => ({
  rows,
  unreadable: [],
  answeredAtMs: 0,
  currentPage: 1,
  pageSize: 100,
  totalNum,
  totalPage: null,
});

/** A list that gives these answers in turn and repeats the last one. */
function listOf(...answers: readonly (Page<IncomeRow> | null)[]) {
  const pages: number[] = [];
  const list: Pick<IncomeList, 'readPage'> & { seen: { longestPage: number } } = {
    seen: { longestPage: 0 },
    readPage: (_window, currentPage) => {
      pages.push(currentPage ?? 1);
      return Promise.resolve(answers[Math.min(pages.length, answers.length) - 1] ?? null);
    },
  };
  return { ...list, pages };
}

test('P2 a full page is complete only if the second one is empty', async () => {
  const full = pageOf(daily(100));
  for (const second of [null, pageOf([])]) {
    const list = listOf(full, second);
    expect(await readWindow(list, WINDOW)).toMatchObject({ kind: 'complete' });
    expect(list.pages).toEqual([1, 2]);
  }
  expect(await readWindow(listOf(full, pageOf(daily(7, 101))), WINDOW)).toEqual({ kind: 'unproven' });
});

test('P11 page 1 again as page 2 is the end if the count is true', async () => {
  const full = pageOf(daily(100));
  const honest = listOf(full, full, pageOf(daily(10), 100));
  expect(await readWindow(honest, WINDOW)).toMatchObject({ kind: 'complete' });
  expect(honest.pages).toEqual([1, 2, 1]);
  const ofPage = listOf(full, full, pageOf(daily(10)));
  expect(await readWindow(ofPage, WINDOW)).toEqual({ kind: 'unproven' });
});

test('P2 a round number of rows makes a scope ask for page 2', async () => {
  const list = listOf(pageOf(daily(20)), pageOf([]));
  await readWindow(list, WINDOW, true);
  expect(list.pages).toEqual([1, 2]);
  const known = { ...listOf(pageOf(daily(20))), seen: { longestPage: 50 } };
  await readWindow(known, WINDOW, true);
  expect(known.pages).toEqual([1]);
  const later = listOf(pageOf(daily(20)));
  await readWindow(later, WINDOW);
  expect(later.pages).toEqual([1]);
});

test('P4 an empty answer, or one for other days, is repeated', async () => {
  const nothing = pageOf([], null);
  expect(await readWindow(listOf(nothing, pageOf(daily(3))), WINDOW)).toMatchObject({
    kind: 'complete',
    read: { rows: { length: 3 } },
  });
  const strayed = pageOf([rowOf(500)]);
  expect(await readWindow(listOf(strayed, pageOf(daily(3))), WINDOW)).toMatchObject({ kind: 'complete' });
  expect(await readWindow(listOf(strayed), WINDOW)).toMatchObject({ kind: 'strayed' });
  const refusedThen = listOf(nothing, null);
  expect(await readWindow(refusedThen, WINDOW)).toMatchObject({ kind: 'complete', read: { rows: [] } });
  const uncounted = listOf(pageOf(daily(3), null));
  expect(await readWindow(uncounted, WINDOW)).toEqual({ kind: 'unproven' });
  expect(uncounted.pages).toEqual([1]);
  const empty = listOf(pageOf([]));
  await readWindow(empty, WINDOW);
  expect(empty.pages).toEqual([1]);
});

test('a refused window is reported as refused', async () => {
  expect(await readWindow(listOf(null), WINDOW)).toEqual({ kind: 'refused' });
});

test('P2 a window that one response does not hold is paged', async () => {
  const uncounted = listOf(pageOf(daily(3), null));
  expect(await readAll(uncounted, WINDOW)).toMatchObject({ rows: { length: 3 }, doubt: null });
  expect(uncounted.pages.length).toBeGreaterThan(1);
});

test('P11 one part in doubt puts the unordered window in doubt', async () => {
  const shuffled = [...daily(100)].sort((a, b) => ((a.minedAtMs * 7) % 1_009) - ((b.minedAtMs * 7) % 1_009));
  const parts = listOf(pageOf(shuffled, 150), pageOf(daily(3)));
  expect(await readAll(parts, WINDOW)).toMatchObject({ doubt: null });
  expect(parts.pages.length).toBeGreaterThan(2);
  const short = listOf(pageOf(shuffled, 150), pageOf(daily(3), 5));
  expect((await readAll(short, WINDOW)).doubt).toBe('the pool counts 5 rows and serves 3 on all pages');
});

// Found by test/simulation/ledger-histories.test.ts: KPOOL_TEST_SEED=93100047. Equal instants change places at each
// request, so pages never agree.
test('P4 an ordered window of more than a page is not paged', async () => {
  const first = pageOf(daily(100), 131);
  const counted = listOf(first, pageOf(daily(41, 91)));
  expect((await readAll(counted, WINDOW)).rows).toEqual([...daily(90), ...daily(41, 91)]);
  expect(counted.pages).toEqual([1, 1]);
  // The rest holds one row more than the first answer counted, so a row of the prefix may be gone.
  const moved = listOf(first, pageOf(daily(42, 91)), pageOf(daily(89, 2)));
  expect((await readAll(moved, WINDOW)).rows).toHaveLength(89 + 42);
  expect(moved.pages).toEqual([1, 1, 1]);
});
