/** What became of a row that a window no longer shows? */
import { DAY_MS } from '../../../src/core/day';
import type { IncomeRow } from '../../../src/domain/income';
import type { LedgerState } from '../../../src/domain/ledger/ledger-state';
import type { LedgerRow } from '../../../src/domain/ledger/ledger-matching';
import { contains, type StoredWindow, type Window } from '../../../src/domain/ledger/windows';
import { confirmMissing } from '../../../src/sync/ledger/confirmation';
import {
  daily,
  daysAgo,
  daysSince,
  MemoryLab,
  MemoryPool,
  rowOf,
  without,
} from '../../support/memory-ledger';

const windowOf = (from: number, to: number): Window => ({
  fromMs: daysAgo(from),
  toMs: to === 0 ? Infinity : daysAgo(to),
});
const ALL = windowOf(1_000, 0);

const stored = (row: IncomeRow): LedgerRow => ({ ...row, ordinal: 0, withdrawn: false, unserved: false });

interface Case {
  /** The rows that the pool serves. */
  readonly rows: IncomeRow[];
  /** The window that was read, and how many rows the ledger has in each window. */
  readonly window: Window;
  readonly windows?: readonly (readonly [window: Window, rowCount: number])[];
  readonly missing: readonly number[];
  readonly oldestServed?: number;
  readonly facts?: Partial<LedgerState>;
  readonly accepts?: boolean;
  readonly pool?: (pool: MemoryPool) => void;
}

async function confirm({ rows, window, missing, ...more }: Case) {
  const pool = new MemoryPool(rows);
  const lab = new MemoryLab(pool);
  const windows = (more.windows ?? [[window, rows.length + missing.length]]).map(
    ([kept, rowCount]): StoredWindow => ({
      ...kept,
      rowCount,
      pendingCount: 0,
      quarantinedCount: 0,
      inDoubtCount: 0,
      verifiedAtMs: 1,
    }),
  );
  lab.ledger.state = { ...lab.ledger.state, windows, ...more.facts };
  const session = lab.session(more.accepts);
  const read = { rows: rows.filter((row) => contains(window, row.minedAtMs)), unreadable: [], doubt: null };
  if (read.rows.length > 0) await session.list.readPage(window);
  more.pool?.(pool);
  const before = pool.requests;
  const oldestServedMs = more.oldestServed === undefined ? Infinity : daysAgo(more.oldestServed);
  const unconfirmed = { missing: missing.map((day) => stored(rowOf(day))), oldestServedMs };
  const confirmation = await confirmMissing(session, window, read, unconfirmed);
  const result =
    confirmation.kind === 'gone'
      ? [...confirmation.verdicts.values()]
      : confirmation.kind === 'served'
        ? [daysSince(confirmation.row.minedAtMs)]
        : [];
  return { kind: confirmation.kind, result, requests: pool.requests - before, session, pool };
}

test('P4 a row that neither its days nor the count show is gone', async () => {
  const answer = await confirm({ rows: without(daily(30), 5, 20), window: ALL, missing: [5, 20] });
  expect(answer).toMatchObject({ kind: 'gone', result: ['withdrawn', 'withdrawn'], requests: 2 });
  const part = { rows: without(daily(60), 20), window: windowOf(30, 0), missing: [20] };
  const windows = [
    [windowOf(30, 0), 30],
    [windowOf(1_000, 30), 30],
  ] as const;
  expect(await confirm({ ...part, windows })).toMatchObject({ kind: 'gone', requests: 2 });
  // The pool counts one row more than the windows would hold.
  const fewer = [
    [windowOf(30, 0), 30],
    [windowOf(1_000, 30), 28],
  ] as const;
  expect(await confirm({ ...part, windows: fewer })).toMatchObject({ kind: 'contradicted' });
  // Without a count, or with nothing to compare it with, the days alone decide.
  const uncounted = await confirm({
    ...part,
    windows: fewer,
    pool: (pool) => void (pool.count = () => null),
  });
  expect(uncounted.kind).not.toBe('contradicted');
  expect(await confirm({ ...part, windows: fewer, facts: { spanLimitMs: 400 * DAY_MS } })).toMatchObject({
    kind: 'gone',
    requests: 1,
  });
});

test('P4 a row that other bounds show is still served', async () => {
  const rows = daily(30);
  const answer = await confirm({
    rows: without(daily(30), 20),
    window: ALL,
    missing: [20],
    pool: (pool) => void (pool.rows = rows),
  });
  expect(answer).toMatchObject({ kind: 'served', result: [20], requests: 1 });
  // Of two missing rows, one is served.
  const twins = await confirm({
    rows: without(daily(30), 20),
    window: ALL,
    missing: [10, 20],
    pool: (pool) => void (pool.rows = without(daily(30), 10)),
  });
  expect(twins).toMatchObject({ kind: 'served', result: [20] });
});

test('P4 another change nearby means that the list is changing', async () => {
  const base = { rows: without(daily(30), 20), window: ALL, missing: [20] };
  const moved = await confirm({
    ...base,
    pool: (pool) => void (pool.rows = [...pool.rows, rowOf(21, { amount: '7' })]),
  });
  expect(moved.kind).toBe('moved');
  // A change on a day that is not queried stays unnoticed.
  const elsewhere = await confirm({
    ...base,
    pool: (pool) => void (pool.rows = pool.rows.filter(({ minedAtMs }) => minedAtMs !== daysAgo(28))),
  });
  expect(elsewhere.kind).toBe('gone');
  const doubtful = await confirm({ ...base, pool: (pool) => void (pool.count = (rows) => rows + 2) });
  expect(doubtful.kind).toBe('moved');
});

test('P4 an unreadable row nearby may be the missing one', async () => {
  const base = { rows: without(daily(30), 20), window: windowOf(21, 0), missing: [20], oldestServed: 30 };
  const broken = (day: number) => (pool: MemoryPool) => {
    pool.unreadable.add(pool.rows.find(({ minedAtMs }) => minedAtMs === daysAgo(day))!);
  };
  // Another row of the window has become unreadable.
  expect((await confirm({ ...base, pool: broken(19) })).kind).toBe('moved');
  const added = (pool: MemoryPool): void => {
    const row = rowOf(20, { amount: '9' });
    pool.rows = [...pool.rows, row];
    pool.unreadable.add(row);
  };
  expect((await confirm({ ...base, pool: added })).kind).toBe('moved');
  // A row without a date may belong to any day.
  const undated = (pool: MemoryPool): void => {
    pool.isDated = false;
    added(pool);
  };
  expect((await confirm({ ...base, pool: undated })).kind).toBe('moved');
  // The unreadable row is on the day before the window, so it cannot be the missing one.
  const outside = {
    ...base,
    window: windowOf(20, 0),
    windows: [
      [windowOf(20, 0), 20],
      [windowOf(1_000, 20), 10],
    ] as const,
  };
  expect((await confirm({ ...outside, pool: broken(21) })).kind).toBe('gone');
});

test('P4 missing rows older than all served ones are unserved', async () => {
  const answer = await confirm({ rows: daily(20), window: ALL, missing: [25, 26] });
  expect(answer).toMatchObject({ kind: 'gone', result: ['unserved', 'unserved'] });
  // A row as old as the oldest one is not older.
  const equal = await confirm({
    rows: [...daily(19), rowOf(20, { currency: 'LTC' })],
    window: ALL,
    missing: [20],
  });
  expect(equal.result).toEqual(['withdrawn']);
  const mixed = await confirm({ rows: without(daily(20), 10), window: ALL, missing: [10, 26] });
  expect(mixed).toMatchObject({ kind: 'gone', result: ['withdrawn', 'unserved'] });
  // A list is not expected to end within the last week.
  expect(await confirm({ rows: daily(5), window: ALL, missing: [6] })).toMatchObject({
    result: ['withdrawn'],
  });
  expect(await confirm({ rows: daily(5), window: ALL, missing: [7] })).toMatchObject({
    result: ['unserved'],
  });
});

describe('a missing row, while older rows lie in other windows', () => {
  const windows = [
    [windowOf(30, 0), 20],
    [windowOf(1_000, 30), 10],
  ] as const;
  const base = { window: windowOf(30, 0), windows, missing: [25], oldestServed: 300 };

  test('P4 is withdrawn if an older row is served', async () => {
    const rows = [...daily(19), rowOf(300)];
    const answer = await confirm({ ...base, rows });
    expect(answer).toMatchObject({ kind: 'gone', result: ['withdrawn'], requests: 3 });
    expect(answer.pool.asked.at(-1)).toMatchObject({ startMs: daysAgo(1_000) - 1, endMs: daysAgo(25) + 1 });
    // Other missing rows, of any age, do not change that.
    const two = await confirm({ ...base, rows: [...without(daily(19), 10), rowOf(300)], missing: [10, 25] });
    expect(two.result).toEqual(['withdrawn', 'withdrawn']);
    // With a span limit the older days are queried in parts, back to the oldest row.
    const limited = await confirm({ ...base, rows, facts: { spanLimitMs: 100 * DAY_MS } });
    expect(limited).toMatchObject({ result: ['withdrawn'], requests: 4 });
    expect(Math.min(...limited.pool.asked.map(({ startMs }) => startMs))).toBe(daysAgo(300) - 1);
  });

  test('P4 is unserved if no older row is served', async () => {
    const answer = await confirm({ ...base, rows: daily(19) });
    expect(answer).toMatchObject({ kind: 'gone', result: ['unserved'], requests: 3 });
    expect(answer.session.list.seen.nothingBeforeMs).toBe(daysAgo(25) + 1);
    // The older days are not queried again.
    const next = await confirmMissing(
      answer.session,
      windowOf(1_000, 30),
      { rows: [], unreadable: [], doubt: null },
      { missing: [stored(rowOf(300)), stored(rowOf(40))], oldestServedMs: daysAgo(400) },
    );
    expect(next.kind).toBe('gone');
    expect(answer.pool.requests).toBe(4);
  });

  test('P11 is undecided if the older rows cannot be read', async () => {
    const rows = [...daily(19), rowOf(300)];
    const unreadable = (pool: MemoryPool): void => void pool.unreadable.add(rows.at(-1)!);
    expect((await confirm({ ...base, rows, pool: unreadable })).kind).toBe('moved');
    const refused = (pool: MemoryPool): void => void (pool.longestSpanMs = 100 * DAY_MS);
    expect((await confirm({ ...base, rows, pool: refused })).kind).toBe('moved');
    const counted = (pool: MemoryPool): void => {
      pool.count = (count) => (count === 0 ? 2 : count);
    };
    expect(
      (await confirm({ ...base, rows: daily(26).slice(0, 24), missing: [30], pool: counted })).kind,
    ).toBe('moved');
  });

  test('needs no request if all other rows are newer', async () => {
    const newer = await confirm({ ...base, rows: daily(19), oldestServed: 10 });
    expect(newer).toMatchObject({ result: ['unserved'], requests: 2 });
  });
});

test('P4 a missing row of a paged scope is confirmed by paging', async () => {
  const base = { rows: without(daily(130), 20), window: ALL, missing: [20], facts: { paged: true } };
  const bySettlement = (pool: MemoryPool): void => {
    // No bounds around its day would show the row.
    pool.shift = ({ minedAtMs }) => (minedAtMs === daysAgo(20) ? 10 * DAY_MS : 0);
    pool.rows = daily(130);
  };
  expect((await confirm({ ...base, pool: bySettlement })).kind).toBe('moved');
  expect(await confirm(base)).toMatchObject({ kind: 'gone', result: ['withdrawn'] });
});

test('P4 rows outside the window prove nothing about it', async () => {
  const windows = [
    [windowOf(30, 0), 30],
    [windowOf(1_000, 30), 30],
  ] as const;
  const answer = await confirm({
    rows: without(daily(60), 30),
    window: windowOf(30, 0),
    missing: [30],
    windows,
  });
  expect(answer).toMatchObject({ kind: 'gone', result: ['withdrawn'] });
});

describe('a list that shows no row', () => {
  const windows = [
    [windowOf(30, 0), 0],
    [windowOf(60, 30), 1],
    [windowOf(1_000, 60), 10],
  ] as const;
  const base = { rows: [], window: windowOf(30, 0), windows, missing: [25], oldestServed: 300 };

  test('P4 withdraws nothing', async () => {
    expect((await confirm({ ...base, window: ALL })).kind).toBe('emptied');
    expect(await confirm(base)).toMatchObject({ kind: 'emptied', requests: 2 });
    // If one answer cannot count everything, each window with rows is queried.
    const limited = { ...base, facts: { spanLimitMs: 5_000 * DAY_MS } };
    expect(await confirm(limited)).toMatchObject({ kind: 'emptied', requests: 3 });
  });

  test('P4 is not empty if another window shows a row', async () => {
    const rows = [rowOf(300)];
    expect(await confirm({ ...base, rows })).toMatchObject({ kind: 'gone', result: ['withdrawn'] });
    const limited = { ...base, rows, facts: { spanLimitMs: 5_000 * DAY_MS } };
    expect(await confirm(limited)).toMatchObject({ kind: 'gone', result: ['withdrawn'] });
  });

  test('P4 makes even young rows unserved after a week', async () => {
    const emptySinceMs = daysAgo(8);
    expect(await confirm({ ...base, missing: [3, 25], facts: { emptySinceMs } })).toMatchObject({
      kind: 'gone',
      result: ['unserved', 'unserved'],
    });
  });

  test('P4 withdraws only young rows once a person accepts it', async () => {
    expect(await confirm({ ...base, missing: [3, 25], accepts: true, oldestServed: 1 })).toMatchObject({
      kind: 'gone',
      result: ['withdrawn', 'unserved'],
    });
  });
});
