import { DAY_MS } from '../../../src/core/day';
import type { IncomeRow } from '../../../src/domain/income';
import { contains, type StoredWindow, type Window } from '../../../src/domain/ledger/windows';
import { commitRead } from '../../../src/sync/ledger/commit-read';
import { daily, daysAgo, MemoryLab, MemoryPool, rowOf, without } from '../../support/memory-ledger';

const readOf = (rows: readonly IncomeRow[], window: Window, doubt: string | null = null) => ({
  rows: rows.filter(({ minedAtMs }) => contains(window, minedAtMs)),
  unreadable: [],
  doubt,
});

async function begin(rows = daily(250)) {
  const lab = new MemoryLab(new MemoryPool(rows));
  await lab.sync();
  const window: StoredWindow = lab.ledger.state.windows.find((kept) => contains(kept, daysAgo(50)))!;
  const session = lab.session();
  const commit = (read: ReturnType<typeof readOf>, of: Window = window) => commitRead(session, of, read);
  return { lab, pool: lab.pool, window, session, commit };
}

test('P4 a read that lacks a row which days show is made again', async () => {
  const { lab, pool, window, commit } = await begin();
  expect(await commit(readOf(without(pool.rows, 50), window))).toBe('committed');
  expect(lab.live()).toEqual(lab.served());
  expect(lab.ledger.commits.at(-1)).toMatchObject({ isComplete: true, window });
});

test('P4 bounds that leave out a row twice contradict the list', async () => {
  const { lab, pool, window, session, commit } = await begin();
  const all = pool.rows;
  pool.before = (_request, { startMs, endMs }) => {
    const isWindow = startMs === window.fromMs - 1 && endMs === window.toMs;
    pool.rows = isWindow ? without(all, 50) : all;
  };
  const read = readOf(without(all, 50), window);
  const before = lab.ledger.commits.length;
  expect(await commit(read)).toBe('contradicted');
  expect(lab.ledger.commits).toHaveLength(before);
  // Where one answer cannot count everything there is nothing to settle that by.
  await session.setSpanLimit(900 * DAY_MS);
  expect(await commit(read)).toBe('committed');
  expect(session.run.shortcomings).toEqual(['rows that vanished keep coming back']);
  expect(lab.live()).toEqual(daily(250).map((_row, i) => i + 1));
});

test('P4 all of the list that leaves out a row is left in doubt', async () => {
  const { lab, pool, session, commit } = await begin();
  const all = pool.rows;
  pool.before = (_request, { startMs }) => {
    pool.rows = startMs < session.history.fromMs ? without(all, 50) : all;
  };
  expect(await commit(readOf(without(all, 50), session.history), session.history)).toBe('committed');
  expect(session.run.shortcomings).toEqual(['rows that vanished keep coming back']);
  expect(lab.live()).toEqual(daily(250).map((_row, i) => i + 1));
});

test('P4 a shorter span that shows the row is remembered', async () => {
  const { lab, pool, session, commit } = await begin();
  pool.clippedMs = 31 * DAY_MS;
  const read = readOf(without(pool.rows, 200), session.history);
  expect(await commit(read, session.history)).toBe('clipped');
  expect(lab.ledger.state.spanLimitMs).toBe(30 * DAY_MS);
  // It is known: that row is in doubt for another reason.
  expect(await commit(read, session.history)).toBe('committed');
});

test('P4 rows land once before a count that contradicts them', async () => {
  const { lab, pool, window, commit } = await begin();
  const row = rowOf(51, { amount: '7' });
  // A withdrawn row, a new one in the window, and two more elsewhere.
  pool.rows = [...without(pool.rows, 50), row, ...daily(2, 300)];
  const read = readOf(pool.rows, window);
  expect(await commit(read)).toBe('committed');
  expect(lab.ledger.commits.at(-1)).toMatchObject({ isComplete: false });
  expect(lab.ledger.rows).toContainEqual(expect.objectContaining({ amount: '7' }));
  expect(lab.live(({ minedAtMs }) => minedAtMs === daysAgo(50))).toEqual([50]);
  expect(lab.ledger.state.windows.find(({ fromMs }) => fromMs === window.fromMs)!.verifiedAtMs).toBeNull();
  const { length } = lab.ledger.commits;
  expect(await commit(read)).toBe('contradicted');
  expect(lab.ledger.commits).toHaveLength(length);
});

test('P4 P11 reads that never agree are contradicted or in doubt', async () => {
  const { lab, pool, window, commit, session } = await begin();
  const rest = without(pool.rows, 50);
  const move = (): void => {
    pool.before = (request) => {
      pool.rows = rest.map((row) =>
        row.minedAtMs === daysAgo(49) ? { ...row, status: `S${request}` } : row,
      );
    };
  };
  move();
  expect(await commit(readOf(rest, window))).toBe('contradicted');
  await session.setSpanLimit(900 * DAY_MS);
  expect(await commit(readOf(rest, window))).toBe('committed');
  expect(session.run.shortcomings).toEqual(['rows that vanished keep coming back']);
  expect(lab.live(({ minedAtMs }) => minedAtMs === daysAgo(50))).toEqual([50]);
});

test('P11 a read in doubt lands what it shows and says why', async () => {
  const { lab, pool, window, commit, session } = await begin();
  pool.count = (rows) => rows + 1;
  expect(await commit(readOf(without(pool.rows, 50), window))).toBe('committed');
  expect(session.run.shortcomings).toEqual([expect.stringMatching(/^the pool counts \d+ rows and serves/)]);
  expect(lab.live()).toEqual(lab.served());
});

test('P4 an emptied list is told', async () => {
  const { pool, window, commit } = await begin();
  pool.isEmpty = true;
  expect(await commit(readOf([], window))).toBe('emptied');
});
