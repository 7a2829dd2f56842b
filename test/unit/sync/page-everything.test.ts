/** When is a scope paged through, and are its windows trusted afterwards? */
import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { DAY_MS } from '../../../src/core/day';
import type { IncomeRow } from '../../../src/domain/income';
import { pageEverything } from '../../../src/sync/ledger/page-everything';
import { daily, daysAgo, daysSince, MemoryLab, MemoryPool, rowOf, TODAY } from '../../support/memory-ledger';

/** Pages through everything. Returns whether the scope stays paged, and the window that was tried. */
async function tried(rows: IncomeRow[], change: (pool: MemoryPool) => void = () => undefined) {
  const pool = new MemoryPool(rows);
  change(pool);
  const lab = new MemoryLab(pool);
  const session = lab.session();
  expect(await pageEverything(session)).toBe('continue');
  const trial = pool.asked.filter(({ startMs }) => startMs >= session.history.fromMs);
  return {
    paged: lab.ledger.state.paged,
    trial: trial.map(({ startMs, endMs }) => [daysSince(startMs + 1), daysSince(endMs - 1)]),
    patches: lab.ledger.patches,
  };
}

test('windows are trusted if one of them holds what paging found', async () => {
  for (const order of ['asc', 'desc', 'none'] as const)
    expect(await tried(daily(250), (pool) => void (pool.order = order))).toEqual({
      paged: false,
      trial: [[56, 11]],
      patches: [],
    });
  expect(await tried(daily(30))).toMatchObject({ paged: false, trial: [[30, 11]] });
});

test.each<[string, IncomeRow[]]>([
  ['no rows', []],
  ['too few rows', daily(10)],
  ['rows of one instant', Array.from({ length: 40 }, () => rowOf(3))],
])('a scope of %s has no window to try and stays paged', async (_name, rows) => {
  expect(await tried(rows)).toMatchObject({ paged: true, trial: [] });
});

test('bounds of another zone or by settlement are detected', async () => {
  expect((await tried(daily(250), (pool) => void (pool.shift = () => 8 * HOUR_MS))).paged).toBe(true);
  expect((await tried(daily(250), (pool) => void (pool.shift = () => -8 * HOUR_MS))).paged).toBe(true);
  // The trial window ends with the row that was settled late; the newest rows are never used.
  const rows = daily(250).map((row, i) => ({
    ...row,
    settledAtMs: i === 4 || i === 20 ? row.minedAtMs + DAY_MS : i === 15 ? row.minedAtMs + HOUR_MS : null,
  }));
  const bySettlement = await tried(rows, (pool) => {
    pool.shift = ({ settledAtMs, minedAtMs }) => (settledAtMs ?? minedAtMs) - minedAtMs;
  });
  expect(bySettlement).toMatchObject({ paged: true, trial: [[66, 21]] });
});

test('P11 passes that disagree prove nothing about windows', async () => {
  const { paged, patches } = await tried(daily(250), (pool) => {
    pool.shift = null;
    pool.count = (rows) => rows + 1;
  });
  expect([paged, patches]).toEqual([false, []]);
});

test('a scope that is already paged is not recorded again', async () => {
  const pool = new MemoryPool(daily(250));
  pool.shift = null;
  const lab = new MemoryLab(pool);
  await lab.sync();
  const { length } = lab.ledger.patches;
  expect(await pageEverything(lab.session())).toBe('continue');
  expect(lab.ledger.patches).toHaveLength(length);
});

test('P4 a paged scope that refuses its span is read by windows', async () => {
  const pool = new MemoryPool(daily(250));
  pool.shift = null;
  const lab = new MemoryLab(pool);
  await lab.sync();
  pool.longestSpanMs = 100 * DAY_MS;
  expect(await pageEverything(lab.session())).toBe('clipped');
  expect(lab.ledger.state.windows.every(({ verifiedAtMs }) => verifiedAtMs === null)).toBe(true);
  expect(lab.ledger.state.paged).toBe(false);
  expect(await pageEverything(lab.session())).toBe('contradicted');
});

describe('the recent rows of a paged scope', () => {
  async function paged(order: 'asc' | 'desc', rows = daily(450)): Promise<MemoryLab> {
    const pool = new MemoryPool(rows);
    [pool.shift, pool.order] = [null, order];
    const lab = new MemoryLab(pool);
    await lab.sync();
    return lab;
  }

  test.each(['asc', 'desc'] as const)('are read from the newer end of a list in %s order', async (order) => {
    const lab = await paged(order);
    // The newest window has grown to two pages.
    lab.pool.rows = [
      ...Array.from({ length: 120 }, (_, i) => rowOf(0, { minedAtMs: TODAY + i })),
      ...lab.pool.rows,
    ];
    const from = lab.pool.asked.length;
    expect((await lab.sync()).doubts).toEqual([]);
    const pages = lab.pool.asked.slice(from).map(({ currentPage, pageSize }) => [currentPage, pageSize]);
    const [last, lastOfSmaller] = [6, 7];
    expect(pages).toEqual(
      order === 'desc'
        ? [...[1, 2].map((page) => [page, 100]), ...[1, 2].map((page) => [page, 93])]
        : [
            ...[1, last, last - 1].map((page) => [page, 100]),
            ...[1, lastOfSmaller, lastOfSmaller - 1, lastOfSmaller - 2].map((page) => [page, 93]),
          ],
    );
    expect(lab.live()).toEqual(lab.served());
  });

  test('P2 are read alone although an older row is unreadable', async () => {
    const rows = daily(450);
    const pool = new MemoryPool(rows);
    pool.shift = null;
    pool.unreadable.add(rows[60]!);
    const lab = new MemoryLab(pool);
    await lab.sync();
    const { requests } = await lab.sync();
    expect(requests).toBeLessThanOrEqual(14);
    expect(lab.live(({ unserved }) => !unserved)).toHaveLength(449);
  });

  test('P2 have everything paged if they change between passes', async () => {
    const lab = await paged('desc');
    const start = lab.pool.requests;
    const [first, ...rest] = lab.pool.rows;
    // The first pass shows the row as it was.
    lab.pool.before = (request) => {
      lab.pool.rows = request > start + 1 ? [{ ...first!, status: 'LATE' }, ...rest] : [first!, ...rest];
    };
    const { requests } = await lab.sync();
    expect(requests).toBeGreaterThan(10);
    expect(lab.ledger.rows.find(({ minedAtMs }) => minedAtMs === daysAgo(1))).toMatchObject({
      status: 'LATE',
    });
  });
});
