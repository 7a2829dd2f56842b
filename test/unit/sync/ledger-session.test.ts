/** What does a run record: the cost of its commits, the count, and the windows of a read? */
import { daily, daysAgo, MemoryLab, MemoryPool, rowOf, synced } from '../../support/memory-ledger';

test('each commit records its requests and rows', async () => {
  const lab = new MemoryLab(new MemoryPool(daily(250)));
  const { requests, rowsRead } = await lab.sync();
  const costs = lab.ledger.commits.map((commit) => commit.requests);
  // The second commit proves the prefix of the first, and the last one holds the older days.
  expect(costs).toEqual([2, 1, 1]);
  expect(requests).toBe(4);
  expect(rowsRead).toBe(250);
  lab.pool.unreadable.add(lab.pool.rows[3]!);
  expect((await lab.verify()).rowsRead).toBe(250);
});

test('the pool’s count of everything is recorded', async () => {
  const counts = ({ ledger }: MemoryLab) =>
    ledger.patches.flatMap(({ poolRowCount }) => (poolRowCount === undefined ? [] : [poolRowCount]));
  expect(counts(await synced(new MemoryPool(daily(50))))).toEqual([50]);
  expect(counts(await synced(new MemoryPool(daily(250))))).toEqual([250]);
  const uncounted = new MemoryPool(daily(50));
  uncounted.count = () => null;
  expect(counts(await synced(uncounted))).toEqual([]);
  // The first read of the history counted everything, so no further request is needed.
  const lab = new MemoryLab(new MemoryPool(daily(250)));
  await lab.sync();
  expect(lab.pool.asked.filter(({ pageSize }) => pageSize === 10)).toEqual([]);
});

describe('the windows that a read is stored as', () => {
  const rowCounts = ({ ledger }: MemoryLab): number[] => ledger.state.windows.map(({ rowCount }) => rowCount);

  test('P2 hold at most 90 rows each', async () => {
    const uncounted = new MemoryPool(daily(250));
    uncounted.count = () => null;
    const lab = await synced(uncounted);
    expect(rowCounts(lab).reduce((sum, rows) => sum + rows)).toBe(250);
    expect(Math.max(...rowCounts(lab))).toBeLessThanOrEqual(90);
    expect(lab.ledger.state.windows.length).toBeLessThanOrEqual(5);
    const counted = await synced(new MemoryPool(daily(250)));
    expect(Math.max(...rowCounts(counted))).toBe(90);
    const before = counted.ledger.state.windows.map(({ fromMs }) => fromMs);
    await counted.verify();
    expect(counted.ledger.state.windows.map(({ fromMs }) => fromMs)).toEqual(before);
  });

  test('leave the newest days a window of their own', async () => {
    const lab = await synced(new MemoryPool(daily(100)));
    expect(rowCounts(lab)).toEqual([35, 65, 0]);
    const old = await synced(new MemoryPool(daily(100, 300)));
    // No row is recent, so the newer half is in the open window.
    expect(rowCounts(old)).toEqual([50, 50, 0]);
  });

  test('keep a crowded instant with an unreadable row together', async () => {
    const rows = Array.from({ length: 130 }, (_, i) =>
      rowOf(3, { minedAtMs: daysAgo(3) + Math.floor(i / 2) * 1_000 }),
    );
    const pool = new MemoryPool([...daily(2), ...rows, ...daily(3, 4)]);
    pool.unreadable.add(rows[20]!);
    pool.count = () => null;
    const lab = await synced(pool);
    expect(rowCounts(lab).filter((count) => count > 5)).toEqual([129]);
  });

  test('are the newest and the rest in a paged scope', async () => {
    const pool = new MemoryPool(daily(450));
    pool.shift = null;
    expect(rowCounts(await synced(pool))).toEqual([35, 415]);
  });
});

test('P11 a window in doubt is tried once a run', async () => {
  const pool = new MemoryPool(daily(40));
  pool.count = (rows) => rows + 3;
  const lab = new MemoryLab(pool);
  const { doubts, requests } = await lab.sync();
  expect(doubts).not.toEqual([]);
  expect(requests).toBeLessThanOrEqual(60);
  expect(lab.ledger.state.windows.every(({ verifiedAtMs }) => verifiedAtMs === null)).toBe(true);
});
