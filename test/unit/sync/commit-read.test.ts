/** What happens to one read of a window: is it stored, repeated, or left in doubt? */
import { DAY_MS } from '../../../src/core/day';
import type { IncomeRow } from '../../../src/domain/income';
import { contains, type StoredWindow, type Window } from '../../../src/domain/ledger/windows';
import { commitRead } from '../../../src/sync/ledger/commit-read';
import { daily, daysAgo, MemoryLab, MemoryPool, rowOf, without } from '../../support/memory-ledger';

/** The day of the row that the reads of these tests leave out. */
const VANISHED_DAY = 50;
/** The day of another row in the same window. */
const NEIGHBOUR_DAY = VANISHED_DAY - 1;
/** Shorter than the history, so that one answer cannot count everything. */
const LIMITED_SPAN_MS = 900 * DAY_MS;
const ROWS = 250;
const ALL_DAYS = daily(ROWS).map((_row, i) => i + 1);
const IN_DOUBT = 'rows that vanished keep coming back';

/** What a read of `window` holds if the pool lists `rows`. */
const readOf = (rows: readonly IncomeRow[], window: Window, doubt: string | null = null) => ({
  rows: rows.filter(({ minedAtMs }) => contains(window, minedAtMs)),
  unreadable: [],
  doubt,
});

/** A synced scope, and the window of its ledger that holds VANISHED_DAY. */
async function begin() {
  const lab = new MemoryLab(new MemoryPool(daily(ROWS)));
  await lab.sync();
  const window: StoredWindow = lab.ledger.state.windows.find((kept) =>
    contains(kept, daysAgo(VANISHED_DAY)),
  )!;
  const session = lab.session();
  const commit = (read: ReturnType<typeof readOf>, of: Window = window) => commitRead(session, of, read);
  return { lab, pool: lab.pool, window, session, commit };
}

test('P4 a window that missed a served row is read again', async () => {
  const { lab, pool, window, commit } = await begin();
  expect(await commit(readOf(without(pool.rows, VANISHED_DAY), window))).toBe('continue');
  expect(lab.live()).toEqual(lab.served());
  expect(lab.ledger.commits.at(-1)).toMatchObject({ isComplete: true, window });
});

test('P4 a window that twice misses a served row is contradicted', async () => {
  const { lab, pool, window, session, commit } = await begin();
  const all = pool.rows;
  pool.before = (_request, { startMs, endMs }) => {
    const isWindow = startMs === window.fromMs - 1 && endMs === window.toMs;
    pool.rows = isWindow ? without(all, VANISHED_DAY) : all;
  };
  const read = readOf(without(all, VANISHED_DAY), window);
  const before = lab.ledger.commits.length;
  expect(await commit(read)).toBe('contradicted');
  expect(lab.ledger.commits).toHaveLength(before);
  // If one answer cannot count everything, nothing can settle the contradiction.
  await session.setSpanLimit(LIMITED_SPAN_MS);
  expect(await commit(read)).toBe('continue');
  expect(session.run.shortcomings).toEqual([IN_DOUBT]);
  expect(lab.live()).toEqual(ALL_DAYS);
});

test('P4 a whole list that twice misses a served row is in doubt', async () => {
  const { lab, pool, session, commit } = await begin();
  const all = pool.rows;
  pool.before = (_request, { startMs }) => {
    pool.rows = startMs < session.history.fromMs ? without(all, VANISHED_DAY) : all;
  };
  expect(await commit(readOf(without(all, VANISHED_DAY), session.history), session.history)).toBe('continue');
  expect(session.run.shortcomings).toEqual([IN_DOUBT]);
  expect(lab.live()).toEqual(ALL_DAYS);
});

test('P4 a shorter span that shows the row sets the span limit', async () => {
  const { lab, pool, session, commit } = await begin();
  pool.clippedMs = 31 * DAY_MS;
  const read = readOf(without(pool.rows, 200), session.history);
  expect(await commit(read, session.history)).toBe('clipped');
  expect(lab.ledger.state.spanLimitMs).toBe(30 * DAY_MS);
  // The limit is known by now, so the row is in doubt for another reason.
  expect(await commit(read, session.history)).toBe('continue');
});

test('P4 a read that the count contradicts only adds rows, once', async () => {
  const { lab, pool, window, commit } = await begin();
  const newRow = rowOf(VANISHED_DAY + 1, { amount: '7' });
  // The two rows in another window are counted, but are in no window yet.
  const rowsElsewhere = daily(2, ROWS + 50);
  pool.rows = [...without(pool.rows, VANISHED_DAY), newRow, ...rowsElsewhere];
  const read = readOf(pool.rows, window);
  expect(await commit(read)).toBe('continue');
  expect(lab.ledger.commits.at(-1)).toMatchObject({ isComplete: false });
  expect(lab.ledger.rows).toContainEqual(expect.objectContaining({ amount: '7' }));
  expect(lab.live()).toContain(VANISHED_DAY);
  expect(lab.ledger.state.windows.find(({ fromMs }) => fromMs === window.fromMs)!.verifiedAtMs).toBeNull();
  const { length } = lab.ledger.commits;
  expect(await commit(read)).toBe('contradicted');
  expect(lab.ledger.commits).toHaveLength(length);
});

describe('a window whose rows change at every request', () => {
  async function beginChanging() {
    const begun = await begin();
    const rest = without(begun.pool.rows, VANISHED_DAY);
    begun.pool.before = (request) => {
      begun.pool.rows = rest.map((row) =>
        row.minedAtMs === daysAgo(NEIGHBOUR_DAY) ? { ...row, status: `status ${request}` } : row,
      );
    };
    return { ...begun, read: readOf(rest, begun.window) };
  }

  test('P4 is contradicted, and the row stays', async () => {
    const { lab, commit, read } = await beginChanging();
    expect(await commit(read)).toBe('contradicted');
    expect(lab.live()).toContain(VANISHED_DAY);
  });

  test('P4 P11 is in doubt if one answer cannot count all', async () => {
    const { lab, session, commit, read } = await beginChanging();
    await session.setSpanLimit(LIMITED_SPAN_MS);
    expect(await commit(read)).toBe('continue');
    expect(session.run.shortcomings).toEqual([IN_DOUBT]);
    expect(lab.live()).toContain(VANISHED_DAY);
  });
});

test('P11 a read in doubt stores its rows and says why', async () => {
  const { lab, pool, window, commit, session } = await begin();
  pool.count = (rows) => rows + 1;
  expect(await commit(readOf(without(pool.rows, VANISHED_DAY), window))).toBe('continue');
  expect(session.run.shortcomings).toEqual([expect.stringMatching(/^the pool counts \d+ rows and serves/)]);
  expect(lab.live()).toEqual(lab.served());
});

test('P4 an emptied list is reported', async () => {
  const { pool, window, commit } = await begin();
  pool.isEmpty = true;
  expect(await commit(readOf([], window))).toBe('emptied');
});
