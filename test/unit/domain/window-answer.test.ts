import { DAY_MS } from '../../../src/core/day';
import type { DecimalText } from '../../../src/core/decimal';
import type { IncomeRow } from '../../../src/domain/income';
import type { Page, UnreadableRow } from '../../../src/domain/page';
import { countOfAnswer, judgeWindow, selectInside } from '../../../src/domain/ledger/window-answer';
import type { Window } from '../../../src/domain/ledger/windows';

const WINDOW: Window = { fromMs: 10 * DAY_MS, toMs: 200 * DAY_MS };
const NOON = DAY_MS / 2;

const rowAt = (minedAtMs: number): IncomeRow => ({
  currency: 'BTC',
  type: null,
  minedAtMs,
  amount: '1' as DecimalText,
  hashRateHps: null,
  hashUnit: null,
  rejectRate: null,
  status: 'SETTLED',
  settledAtMs: null,
  extra: null,
});
const rowsOn = (days: readonly number[]): IncomeRow[] => days.map((day) => rowAt(day * DAY_MS + NOON));
const unreadable = (minedAtMs?: number): UnreadableRow => ({
  raw: '{}',
  reason: 'odd',
  ...(minedAtMs === undefined ? {} : { minedAtMs }),
});
const page = (rows: readonly IncomeRow[], more: Partial<Page<IncomeRow>> = {}): Page<IncomeRow> => ({
  rows,
  unreadable: [],
  answeredAtMs: 0,
  currentPage: 1,
  pageSize: 100,
  totalPage: 1,
  totalNum: rows.length,
  ...more,
});
const down = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from - i);
const kindOf = (answer: Page<IncomeRow>, isFirst = false): string =>
  judgeWindow(WINDOW, answer, isFirst).kind;

test('rows outside the window are left out', () => {
  const { fromMs, toMs } = WINDOW;
  const rows = [fromMs - 1, fromMs, toMs - 1, toMs].map(rowAt);
  const odd = [
    unreadable(),
    unreadable(fromMs - 1),
    unreadable(toMs),
    unreadable(fromMs),
    unreadable(toMs - 1),
  ];
  const inside = selectInside(WINDOW, { rows, unreadable: odd });
  expect(inside.rows).toEqual([rows[1], rows[2]]);
  expect(inside.unreadable).toEqual([odd[0], odd[3], odd[4]]);
});

test('a short page that agrees with its count is complete', () => {
  expect(judgeWindow(WINDOW, page(rowsOn(down(90, 7))), false)).toMatchObject({
    kind: 'complete',
    read: { doubt: null },
  });
  expect(kindOf(page([]))).toBe('complete');
  expect(kindOf(page([], { totalNum: null }))).toBe('complete');
});

test('a page that may be cut is followed by a second one', () => {
  expect(kindOf(page(rowsOn(down(150, 100))))).toBe('full');
  expect(kindOf(page(rowsOn(down(150, 99))))).toBe('complete');
  expect(kindOf(page(rowsOn(down(150, 7)), { totalPage: 2 }))).toBe('full');
  // In a scope without any history, any round number of rows may be a cut page.
  expect(kindOf(page(rowsOn(down(150, 30))), true)).toBe('full');
  expect(kindOf(page(rowsOn(down(150, 30))))).toBe('complete');
  expect(kindOf(page(rowsOn(down(150, 31))), true)).toBe('complete');
  expect(kindOf(page([], { totalPage: 0 }), true)).toBe('complete');
});

test('rows more than a day outside mean that bounds differ', () => {
  const { fromMs, toMs } = WINDOW;
  for (const near of [fromMs - DAY_MS - 1, toMs + DAY_MS])
    expect(kindOf(page([rowAt(near)]))).toBe('complete');
  for (const far of [fromMs - DAY_MS - 2, toMs + DAY_MS + 1])
    expect(kindOf(page([rowAt(far)]))).toBe('strayed');
});

test('a missing or wrong count proves nothing', () => {
  expect(kindOf(page(rowsOn([90]), { totalNum: null }))).toBe('unproven');
  expect(kindOf(page(rowsOn([90, 89]), { totalNum: 1 }))).toBe('unproven');
  expect(kindOf(page(rowsOn(down(90, 9)), { totalNum: 500 }))).toBe('unproven');
});

test('a page in order proves the newest part of its window', () => {
  const beside = rowAt(WINDOW.toMs);
  const answer = judgeWindow(WINDOW, page([beside, ...rowsOn(down(150, 99))], { totalNum: 121 }), false);
  // 120 lie inside: 90 of them are proven.
  expect(answer).toMatchObject({ kind: 'prefix', restRows: 120 - 89 });
  expect(countOfAnswer(answer)).toBe(120);
});

test('an unreadable row on a full page has both parts read', () => {
  const odd = [unreadable(100 * DAY_MS)];
  const answer = judgeWindow(WINDOW, page(rowsOn(down(150, 99)), { totalNum: 130, unreadable: odd }), false);
  expect(answer).toMatchObject({ kind: 'parts' });
  expect(countOfAnswer(answer)).toBeNull();
});

test('a page in no order is read in parts', () => {
  const shuffled = down(150, 100).map((_, i) => 20 + ((i * 37) % 100));
  expect(kindOf(page(rowsOn(shuffled), { totalNum: 180 }))).toBe('parts');
  const beside = Array.from({ length: 60 }, () => rowAt(WINDOW.toMs));
  const crowded = page([...beside, ...rowsOn(down(150, 40))], { totalNum: 130 });
  const answer = judgeWindow(WINDOW, crowded, false);
  expect(answer).toMatchObject({
    kind: 'parts',
    parts: [{ toMs: WINDOW.toMs }, {}, { fromMs: WINDOW.fromMs }],
  });
  const short = { fromMs: 199 * DAY_MS, toMs: 200 * DAY_MS };
  expect(judgeWindow(short, page([...beside, ...rowsOn([199])], { totalNum: 130 }), false).kind).toBe(
    'unproven',
  );
});

test('a complete answer counts its rows, a prefix its total', () => {
  const one = judgeWindow(WINDOW, page(rowsOn([90]), { unreadable: [unreadable()], totalNum: 2 }), false);
  expect(countOfAnswer(one)).toBe(2);
  expect(countOfAnswer(judgeWindow(WINDOW, page(rowsOn(down(150, 100))), false))).toBe(100);
  expect(countOfAnswer({ kind: 'unproven' })).toBeNull();
});

test('P11 a count that is too low proves nothing', () => {
  expect(kindOf(page(rowsOn(down(150, 20)), { totalNum: 19 }))).toBe('unproven');
  // The smallest page that a pool may serve, whatever was asked for.
  expect(kindOf(page(rowsOn(down(150, 10)), { totalNum: 25 }))).toBe('prefix');
  expect(kindOf(page(rowsOn(down(150, 9)), { totalNum: 25 }))).toBe('unproven');
});

test('P2 rows outside the window do not count as the rest', () => {
  const beside = rowAt(WINDOW.toMs);
  const answer = judgeWindow(WINDOW, page([beside, ...rowsOn(down(150, 99))], { totalNum: 141 }), false);
  expect(countOfAnswer(answer)).toBe(140);
});
