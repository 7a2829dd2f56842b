/** Is a list that takes several pages read completely, although it may change between two of them? */
import { DAY_MS } from '../../../src/core/day';
import type { DecimalText } from '../../../src/core/decimal';
import type { IncomeRow } from '../../../src/domain/income';
import type { Page } from '../../../src/domain/page';
import type { Window } from '../../../src/domain/ledger/windows';
import { pageThrough } from '../../../src/sync/ledger/page-through';

const WINDOW: Window = { fromMs: 0, toMs: 1_000 * DAY_MS };

const rowOn = (day: number): IncomeRow => ({
  currency: 'BTC',
  type: null,
  minedAtMs: day * DAY_MS,
  amount: '1' as DecimalText,
  hashRateHps: null,
  hashUnit: null,
  rejectRate: null,
  status: 'SETTLED',
  settledAtMs: null,
  extra: null,
});
const rowsOf = (count: number): IncomeRow[] => Array.from({ length: count }, (_, i) => rowOn(i));

interface Serving {
  /** The pool's count, or its count on each page; null if it has none. */
  readonly count?: number | null | ((page: number, rowsOnIt: number) => number | null);
  /** The most rows on a page. */
  readonly cap?: number;
  /** What a page beyond the last one holds. */
  readonly beyond?: 'nothing' | 'last';
  /** The list at each request in turn; the last one is repeated. */
  readonly lists?: readonly (readonly IncomeRow[])[];
  readonly refusesFrom?: number;
}

/** A list of income with these rows, and the page sizes of all requests. */
function listOf(rows: readonly IncomeRow[], serving: Serving = {}) {
  const {
    count = rows.length,
    cap = 100,
    beyond = 'nothing',
    lists = [rows],
    refusesFrom = Infinity,
  } = serving;
  const sizes: number[] = [];
  return {
    sizes,
    readPage: (_window: Window, currentPage = 1, pageSize = 100): Promise<Page<IncomeRow> | null> => {
      sizes.push(pageSize);
      if (sizes.length >= refusesFrom) return Promise.resolve(null);
      const listed = lists[Math.min(sizes.length, lists.length) - 1] ?? rows;
      const size = Math.min(pageSize, cap);
      const last = Math.max(1, Math.ceil(listed.length / size));
      const number = currentPage > last && beyond === 'last' ? last : currentPage;
      const page = listed.slice((number - 1) * size, number * size);
      return Promise.resolve({
        unreadable: [],
        answeredAtMs: 0,
        currentPage,
        pageSize,
        totalPage: null,
        rows: page,
        totalNum: typeof count === 'function' ? count(currentPage, page.length) : count,
      });
    },
  };
}

async function read(list: ReturnType<typeof listOf>) {
  const { rows, doubt } = await pageThrough(list, WINDOW);
  return { rows: rows.length, doubt, requests: list.sizes.length };
}

test('one response that holds all it counts is enough', async () => {
  expect(await read(listOf(rowsOf(7)))).toEqual({ rows: 7, doubt: null, requests: 1 });
  expect(await read(listOf([]))).toEqual({ rows: 0, doubt: null, requests: 1 });
  expect(await read(listOf(rowsOf(30)))).toEqual({ rows: 30, doubt: null, requests: 2 });
});

test('P2 two passes of different page sizes have to agree', async () => {
  const list = listOf(rowsOf(250));
  expect(await read(list)).toEqual({ rows: 250, doubt: null, requests: 6 });
  expect(list.sizes).toEqual([100, 100, 100, 93, 93, 93]);
  expect(await read(listOf(rowsOf(200)))).toEqual({ rows: 200, doubt: null, requests: 5 });
  const capped = listOf(rowsOf(60), { cap: 25 });
  expect(await read(capped)).toEqual({ rows: 60, doubt: null, requests: 7 });
  expect(capped.sizes.slice(3)).toEqual([18, 18, 18, 18]);
});

test('P2 without a count, a shorter page is the last one', async () => {
  expect(await read(listOf(rowsOf(120), { count: null }))).toEqual({ rows: 120, doubt: null, requests: 4 });
  expect(await read(listOf(rowsOf(5), { count: null }))).toEqual({ rows: 5, doubt: null, requests: 2 });
  // A repeated last page is the end if another page size shows the same rows.
  const repeating = await read(listOf(rowsOf(200), { count: null, beyond: 'last' }));
  expect(repeating).toMatchObject({ rows: 200, doubt: null });
});

test('P2 a count of the page alone hides no row of the next', async () => {
  const ofPage = listOf(rowsOf(50), { cap: 20, count: (_page, rowsOnIt) => rowsOnIt });
  expect(await read(ofPage)).toMatchObject({ rows: 50, doubt: null });
});

test('P11 a count that changes or is never reached is a doubt', async () => {
  expect(await read(listOf(rowsOf(40), { count: 43 }))).toMatchObject({
    rows: 40,
    doubt: 'the pool counts 43 rows and serves 40 on all pages',
  });
  expect(await read(listOf(rowsOf(250), { count: (page) => 250 + page }))).toMatchObject({
    doubt: 'the count moved from 251 to 252 between two pages',
  });
  expect(await read(listOf(rowsOf(250), { refusesFrom: 2 }))).toMatchObject({
    doubt: 'the pool refuses the span',
  });
});

test('P2 a row that moves between pages is found by a new pass', async () => {
  const rows = rowsOf(150);
  // Before the second page, the first row moves to the end: one row is missed, another is served twice.
  const moved = [...rows.slice(1), rows[0]!];
  expect(await read(listOf(rows, { lists: [rows, moved, rows] }))).toEqual({
    rows: 150,
    doubt: null,
    requests: 6,
  });
});

test('P11 passes that never agree keep the rows of single pages', async () => {
  const rows = rowsOf(150);
  const lists = Array.from({ length: 6 }, (_, i) => [...rows.slice(i * 20), ...rows.slice(0, i * 20)]);
  const { doubt, rows: landed, requests } = await read(listOf(rows, { lists }));
  expect([doubt, requests]).toEqual(['no two passes over its pages agree', 6]);
  expect(landed).toBeLessThan(150);
});

test('P11 page 1 again as page 2 is the end if two passes agree', async () => {
  const again = (list: ReturnType<typeof listOf>): typeof list => ({
    ...list,
    readPage: (window, page, size) => list.readPage(window, page === 2 ? 1 : page, size),
  });
  // The count is that of the page, and page 2 with its 50 rows is never served.
  const lying = again(listOf(rowsOf(150), { count: (_page, rowsOnIt) => rowsOnIt }));
  expect((await read(lying)).doubt).toBe('no two passes over its pages agree');
  const honest = listOf(rowsOf(100), { beyond: 'last' });
  expect(await read(honest)).toEqual({ rows: 100, doubt: null, requests: 4 });
});

test('P2 equal rows on several pages need six passes to agree', async () => {
  const equal = Array.from({ length: 150 }, () => rowOn(3));
  expect(await read(listOf(equal))).toEqual({ rows: 150, doubt: null, requests: 12 });
});

test('P2 with a count, two equal pages are not the end', async () => {
  const equal = Array.from({ length: 200 }, () => rowOn(3));
  expect(await read(listOf(equal))).toMatchObject({ rows: 200, doubt: null });
});

// Found by test/simulation/ledger-histories.test.ts: KPOOL_TEST_SEED=93000044.
test('P11 with a count, a page served as another is a doubt', async () => {
  // Page 2 is page 1 again, and every page size cuts the list alike.
  const list = listOf(rowsOf(40), { cap: 10 });
  const repeating: typeof list = {
    ...list,
    readPage: (window, page, size) => list.readPage(window, page === 2 ? 1 : page, size),
  };
  expect(await read(repeating)).toMatchObject({ doubt: 'no two passes over its pages agree' });
});

test('rows outside the window are left out', async () => {
  const { rows } = await pageThrough(listOf([rowOn(-1), rowOn(0), rowOn(999), rowOn(1_000)]), WINDOW);
  expect(rows.map(({ minedAtMs }) => minedAtMs / DAY_MS)).toEqual([0, 999]);
});

test('P2 without a count, a repeated last page is not the end', async () => {
  // Every page size cuts the list alike, so it may continue after a page that is served twice.
  const alike = listOf(rowsOf(30), { count: null, cap: 10, beyond: 'last' });
  expect(await read(alike)).toEqual({
    rows: 30,
    requests: 12,
    doubt: 'no two passes over its pages agree',
  });
  // Another size cuts the list elsewhere.
  const other = listOf(rowsOf(100), { count: null, cap: 50, beyond: 'last' });
  expect(await read(other)).toMatchObject({ rows: 100, doubt: null });
  expect(other.sizes.length).toBeLessThan(12);
  // One of the page sizes ends with a shorter page.
  const shorter = listOf(rowsOf(200), { count: null, beyond: 'last' });
  expect(await read(shorter)).toMatchObject({ rows: 200, doubt: null });
  expect(shorter.sizes.length).toBeLessThan(12);
});

test('a page of ten rows may be followed by another', async () => {
  expect(await read(listOf(rowsOf(25), { count: null, cap: 10 }))).toEqual({
    rows: 25,
    doubt: null,
    requests: 6,
  });
  expect(await read(listOf(rowsOf(9), { count: null }))).toEqual({ rows: 9, doubt: null, requests: 2 });
  // A capped page that counts only itself.
  expect(await read(listOf(rowsOf(20), { count: (_page, rows) => rows, cap: 20 }))).toMatchObject({
    rows: 20,
  });
});

test('P11 a pass that contradicts its count agrees with no other', async () => {
  const rows = rowsOf(150);
  let requests = 0;
  // Every second pass counts one more than it serves.
  const list = listOf(rows, {
    count: () => {
      requests += 1;
      return Math.floor((requests - 1) / 2) % 2 === 0 ? 151 : 150;
    },
  });
  expect(await read(list)).toEqual({
    rows: 150,
    requests: 6,
    doubt: 'the pool counts 151 rows and serves 150 on all pages',
  });
});

test('P4 in doubt, a row is kept as often as one page held it', async () => {
  const twice = [rowOn(3), rowOn(3)];
  // Two equal rows are on the first page and one is on the last; all others change at every request.
  const lists = Array.from({ length: 8 }, (_, i) => [
    ...twice,
    ...rowsOf(149).map((row) => ({ ...row, minedAtMs: row.minedAtMs + (100 + i) * DAY_MS, status: `S${i}` })),
    rowOn(3),
  ]);
  const { rows, doubt } = await pageThrough(listOf(lists[0]!, { lists, count: 152 }), WINDOW);
  expect(doubt).not.toBeNull();
  expect(rows.filter(({ minedAtMs }) => minedAtMs === 3 * DAY_MS)).toHaveLength(2);
});

test('P2 a count on the first page holds for all pages', async () => {
  const first = listOf(rowsOf(250), { count: (page) => (page === 1 ? 250 : null) });
  expect(await read(first)).toEqual({ rows: 250, doubt: null, requests: 6 });
  const short = listOf(rowsOf(240), { count: (page) => (page === 1 ? 250 : null) });
  expect((await read(short)).doubt).toBe('the pool counts 250 rows and serves 240 on all pages');
});

test('P2 without a count, a page repeated in two sizes is an end', async () => {
  const list = listOf(rowsOf(260), { count: null, cap: 20, beyond: 'last' });
  expect(await read(list)).toEqual({ rows: 260, doubt: null, requests: 14 + 21 });
});

test('P11 a count that ends at a full page of ten is verified', async () => {
  const tooLow = listOf(rowsOf(57), { cap: 10, count: 50 });
  expect((await pageThrough(tooLow, WINDOW)).doubt).toMatch(/counts 50 rows and serves more/);
  for (const beyond of ['nothing', 'last'] as const) {
    const honest = listOf(rowsOf(50), { cap: 10, beyond });
    expect(await pageThrough(honest, WINDOW)).toMatchObject({ doubt: null, rows: { length: 50 } });
  }
});
