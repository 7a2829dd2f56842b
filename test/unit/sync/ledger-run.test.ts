/** What is stored after a whole run, for each way in which a pool serves its list? */
import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { DAY_MS, startOfUtcDay } from '../../../src/core/day';
import { daily, daysAgo, MemoryLab, MemoryPool, rowOf, without, synced } from '../../support/memory-ledger';

test('a first sync in order costs about one request a page', async () => {
  for (const order of ['desc', 'asc'] as const) {
    const pool = new MemoryPool(daily(450));
    pool.order = order;
    const lab = new MemoryLab(pool);
    const { doubts, requests } = await lab.sync();
    expect(doubts).toEqual([]);
    expect(lab.live()).toEqual(lab.served());
    expect(requests).toBeLessThanOrEqual(8);
    expect(await lab.sync()).toMatchObject({ doubts: [], requests: 1 });
  }
});

test('P2 a list without order or count is read completely', async () => {
  const unordered = new MemoryPool(daily(350));
  unordered.order = 'none';
  const lab = new MemoryLab(unordered);
  expect((await lab.sync()).doubts).toEqual([]);
  expect(lab.live()).toEqual(lab.served());
  const uncounted = new MemoryPool(daily(250));
  uncounted.count = () => null;
  const other = new MemoryLab(uncounted);
  expect((await other.sync()).doubts).toEqual([]);
  expect(other.live()).toEqual(other.served());
});

test('P2 a capped first page that counts itself is not the end', async () => {
  const pool = new MemoryPool(daily(50));
  [pool.pageCap, pool.count] = [20, (rows) => Math.min(rows, 20)];
  const lab = await synced(pool);
  expect(lab.live()).toEqual(lab.served());
});

test('P2 a day that holds more rows than a page is paged', async () => {
  const rows = Array.from({ length: 230 }, (_, i) => rowOf(3, { minedAtMs: daysAgo(3) + i * 1_000 }));
  const lab = await synced(new MemoryPool(rows));
  expect(lab.live()).toEqual(lab.served());
});

test('P2 a refused span is halved until it is answered', async () => {
  const pool = new MemoryPool(daily(80));
  pool.longestSpanMs = 40 * DAY_MS;
  const lab = await synced(pool);
  expect(lab.live()).toEqual(lab.served());
  expect(lab.ledger.state.spanLimitMs).toBeLessThanOrEqual(40 * DAY_MS);
});

test('a pool that refuses the shortest span fails the run', async () => {
  const pool = new MemoryPool(daily(3));
  pool.longestSpanMs = 1_000;
  await expect(synced(pool)).rejects.toMatchObject({ code: 'pool.parameter' });
  // A pool that answers once and then refuses everything.
  const turned = new MemoryPool(daily(250));
  turned.before = (request) => {
    if (request > 1) turned.longestSpanMs = 1_000;
  };
  await expect(synced(turned)).rejects.toMatchObject({ code: 'pool.parameter' });
});

test('a refused end in the future is replaced by the present', async () => {
  const pool = new MemoryPool(daily(30));
  pool.refusesFuture = true;
  const lab = await synced(pool);
  expect(lab.live()).toEqual(lab.served());
  expect(lab.ledger.state.spanLimitMs).toBeNull();
  expect((await lab.sync()).requests).toBe(1);
  lab.pass(2 * DAY_MS);
  pool.refusesFuture = false;
  await lab.sync();
  expect(Math.max(...pool.asked.slice(-3).map(({ endMs }) => endMs))).toBeGreaterThan(pool.nowMs);
});

test.each([
  ['end', 31, 30],
  ['beginning', 31, 30],
  ['beginning', 20, 6],
] as const)('P2 a pool that clips spans to their %s, %s days, is detected', async (at, days, limit) => {
  const pool = new MemoryPool(daily(80));
  [pool.clippedMs, pool.clippedAt] = [days * DAY_MS, at];
  const lab = await synced(pool);
  expect(lab.live()).toEqual(lab.served());
  expect(lab.ledger.state.spanLimitMs).toBe(limit * DAY_MS);
});

test('P2 a pool that clips a list in ascending order is detected', async () => {
  const pool = new MemoryPool(daily(40));
  // More rows than a page, so that the first one is a proven prefix.
  [pool.clippedMs, pool.order, pool.pageCap] = [30 * DAY_MS, 'asc', 25];
  const lab = await synced(pool);
  expect(lab.live()).toEqual(lab.served());
});

test('P4 vanished rows are withdrawn once days and count agree', async () => {
  const lab = await synced(new MemoryPool(daily(250)));
  lab.pool.rows = lab.pool.rows.filter((_row, i) => ![3, 120, 248].includes(i));
  const { doubts, withdrawn } = await lab.verify();
  expect([doubts, withdrawn]).toEqual([[], 3]);
  expect(lab.live()).toEqual(lab.served());
  // Rows that are served again are restored.
  lab.pool.rows = daily(250);
  await lab.verify();
  expect(lab.live()).toEqual(lab.served());
});

test('P4 a row that one answer misses stays', async () => {
  const lab = await synced(new MemoryPool(daily(50)));
  const all = lab.pool.rows;
  const start = lab.pool.requests;
  lab.pool.before = (request) => {
    lab.pool.rows = request === start + 1 ? all.slice(1) : all;
  };
  expect(await lab.verify()).toMatchObject({ doubts: [], withdrawn: 0 });
  expect(lab.live()).toEqual(lab.served());
});

test('P4 a count that contradicts a withdrawal has all paged', async () => {
  const lab = await synced(new MemoryPool(daily(250)));
  // Windows miss the days from 20 to 24, which the whole list shows.
  const hidden = new Set([20, 21, 22, 23, 24].map((day) => daysAgo(day)));
  lab.pool.shift = ({ minedAtMs }) => (hidden.has(minedAtMs) ? -100 * DAY_MS : 0);
  const { withdrawn } = await lab.verify();
  expect(withdrawn).toBe(0);
  expect(lab.live()).toEqual(lab.served());
});

test('P4 rows older than the list are unserved until it grows', async () => {
  const lab = await synced(new MemoryPool(daily(250)));
  lab.pool.forgottenBeforeMs = daysAgo(200);
  expect(await lab.verify()).toMatchObject({ doubts: [], withdrawn: 0 });
  expect(lab.live(({ unserved }) => unserved)).toEqual(daily(50, 201).map((_row, i) => 201 + i));
  lab.pool.rows = without(lab.pool.rows, 150);
  expect(await lab.verify()).toMatchObject({ doubts: [], withdrawn: 1 });
  lab.pool.forgottenBeforeMs = -Infinity;
  await lab.verify();
  expect(lab.live(({ unserved }) => unserved)).toEqual([]);
  expect(lab.live()).toEqual(lab.served());
});

// Found by test/simulation/ledger-histories.test.ts: KPOOL_TEST_SEED=88020051.
test('P4 an unserved row is withdrawn once older ones are served', async () => {
  const lab = await synced(new MemoryPool(daily(1, 10)));
  lab.pool.rows = daily(1, 9);
  expect(await lab.verify()).toMatchObject({ doubts: [], withdrawn: 0 });
  expect(lab.live(({ unserved }) => unserved)).toEqual([10]);
  // The older rows are in another window than the newest ones.
  lab.pool.rows = [...daily(1, 9), ...daily(3, 20)];
  expect(await lab.verify()).toMatchObject({ doubts: [], withdrawn: 1 });
  expect(lab.live()).toEqual(lab.served());
});

test('P4 the newest rows are withdrawn, however few are left', async () => {
  const lab = await synced(new MemoryPool(daily(5)));
  lab.pool.rows = lab.pool.rows.slice(0, 1);
  expect(await lab.verify()).toMatchObject({ doubts: [], withdrawn: 4 });
});

test('P4 an empty answer changes nothing until it is accepted', async () => {
  const lab = await synced(new MemoryPool(daily(250)));
  lab.pool.isEmpty = true;
  const { doubts, withdrawn } = await lab.verify();
  expect(withdrawn).toBe(0);
  expect(doubts.join()).toContain('the pool shows no row of a list that held 250');
  expect(lab.live(({ unserved }) => !unserved)).toHaveLength(250);
  expect((await lab.verify({ acceptEmpty: true })).doubts).toEqual([]);
  expect(lab.live(({ unserved }) => !unserved)).toHaveLength(0);
});

test('P4 an empty list is believed on the seventh day', async () => {
  const lab = await synced(new MemoryPool(daily(60)));
  lab.pool.isEmpty = true;
  for (let day = 0; day < 7; day += 1) {
    expect((await lab.sync()).doubts).toHaveLength(1);
    lab.pass(DAY_MS);
  }
  expect((await lab.verify()).doubts).toEqual([]);
  // No person confirmed that the list is empty, so the rows are unserved, not withdrawn.
  expect(lab.live()).toHaveLength(60);
  expect(lab.live(({ unserved }) => unserved)).toHaveLength(60);
});

test('P4 withdrawals go on after an empty answer', async () => {
  const lab = await synced(new MemoryPool(daily(250)));
  lab.pool.isEmpty = true;
  await lab.verify();
  lab.pool.isEmpty = false;
  lab.pool.rows = lab.pool.rows.filter((_row, i) => ![7, 100, 240].includes(i));
  expect(await lab.verify()).toMatchObject({ doubts: [], withdrawn: 3 });
  expect(lab.live()).toEqual(lab.served());
});

test('P4 an unreadable row leaves only its own day in doubt', async () => {
  const lab = await synced(new MemoryPool(daily(60)));
  lab.pool.unreadable.add(lab.pool.rows[30]!);
  lab.pool.rows = lab.pool.rows.filter((_row, i) => i !== 10);
  const { doubts, withdrawn } = await lab.verify();
  expect(doubts).toEqual(['rows that could not be parsed are in quarantine']);
  expect(withdrawn).toBe(1);
  expect(lab.ledger.state.windows.filter(({ inDoubtCount }) => inDoubtCount > 0)).toMatchObject([
    { fromMs: daysAgo(31), toMs: daysAgo(30), inDoubtCount: 1 },
  ]);
  lab.pool.unreadable.clear();
  lab.pass(DAY_MS);
  expect(await lab.sync()).toMatchObject({ doubts: [] });
});

// Found by test/simulation/ledger-model.test.ts: KPOOL_TEST_SEED=71004.
test('P4 an unreadable row hides no withdrawal of the day before', async () => {
  const pool = new MemoryPool(daily(12));
  pool.unreadable.add(pool.rows[3]!);
  const lab = await synced(pool);
  pool.rows = pool.rows.filter((_row, i) => i !== 4);
  expect((await lab.verify()).withdrawn).toBe(1);
});

test('many unreadable rows leave their whole window in doubt', async () => {
  const lab = await synced(new MemoryPool(daily(60)));
  for (const row of lab.pool.rows.slice(10, 30)) lab.pool.unreadable.add(row);
  const { doubts, requests } = await lab.verify();
  expect(doubts).toEqual(['rows that could not be parsed are in quarantine']);
  expect(requests).toBeLessThanOrEqual(3);
});

test.each([
  ['another zone', () => 8 * HOUR_MS],
  [
    'P2 bounds that select by %s leave out no row',
    ({ minedAtMs }: { minedAtMs: number }) => (minedAtMs % (3 * DAY_MS) === 0 ? 2 : 1) * DAY_MS,
  ],
])('P2 bounds that select by %s leave out no row', async (_name, shift) => {
  const pool = new MemoryPool(daily(250).map((row) => ({ ...row, minedAtMs: row.minedAtMs + 20 * HOUR_MS })));
  pool.shift = shift;
  const lab = await synced(pool);
  expect(lab.live()).toEqual(lab.served());
  pool.rows = [...daily(1, 0), ...pool.rows];
  lab.pass(8 * DAY_MS);
  await lab.sync();
  await lab.sync();
  expect(lab.live()).toEqual(lab.served());
});

// Found by test/simulation/ledger-histories.test.ts: KPOOL_TEST_SEED=90000302 and 95002199.
test.each([
  { come: 30, at: 2 },
  // Just as many as the windows miss, so that the sum over the windows equals the first count.
  { come: 2, at: 3 },
])('P2 $come rows added during a sync do not hide missing ones', async ({ come, at }) => {
  const pool = new MemoryPool(daily(250).map((row) => ({ ...row, minedAtMs: row.minedAtMs + 20 * HOUR_MS })));
  pool.shift = () => 8 * HOUR_MS;
  pool.before = (request) => {
    if (request === at) pool.rows = [...pool.rows, ...daily(come, 300)];
  };
  const lab = await synced(pool);
  expect(lab.live()).toEqual(lab.served());
});

test('P11 a count check that cannot be settled is reported', async () => {
  const pool = new MemoryPool(daily(250).map((row) => ({ ...row, minedAtMs: row.minedAtMs + 20 * HOUR_MS })));
  // Windows miss rows at their edges. The pool counts the whole list, but then refuses to serve it.
  pool.shift = () => 8 * HOUR_MS;
  pool.before = (_request, { pageSize }) => {
    if (pageSize === 10) pool.before = () => (pool.longestSpanMs = 90 * DAY_MS);
  };
  const lab = new MemoryLab(pool);
  expect((await lab.sync()).doubts).toEqual([expect.stringContaining('contradicts itself')]);
  expect(lab.ledger.state.deepCheckedAtMs).toBeNull();
});

test('P2 ignored bounds cost two passes, later of recent pages', async () => {
  const pool = new MemoryPool(daily(450));
  pool.shift = null;
  const lab = await synced(pool);
  expect(lab.ledger.state.paged).toBe(true);
  expect(lab.live()).toEqual(lab.served());
  expect(await lab.sync()).toMatchObject({ doubts: [], requests: 2 });
  pool.order = 'asc';
  expect(await lab.sync()).toMatchObject({ doubts: [], requests: 4 });
  pool.rows = [rowOf(0), ...pool.rows.slice(1)];
  expect(await lab.sync()).toMatchObject({ doubts: [], withdrawn: 1 });
  expect(lab.live()).toEqual(lab.served());
  // Once bounds work again, the weekly trial notices it.
  pool.shift = () => 0;
  pool.order = 'desc';
  lab.pass(8 * DAY_MS);
  await lab.sync();
  expect(lab.ledger.state.paged).toBe(false);
  expect(lab.live()).toEqual(lab.served());
});

test('a paged scope is read by windows once spans are refused', async () => {
  const pool = new MemoryPool(daily(150));
  pool.shift = null;
  const lab = await synced(pool);
  expect(lab.ledger.state.paged).toBe(true);
  pool.shift = () => 0;
  pool.longestSpanMs = 90 * DAY_MS;
  await lab.verify();
  expect(lab.ledger.state.paged).toBe(false);
  expect(lab.live()).toEqual(lab.served());
});

// Found by test/simulation/ledger-histories.test.ts: KPOOL_TEST_SEED=95002075.
test('P11 a paged scope is proven although spans were limited', async () => {
  const pool = new MemoryPool(daily(150));
  pool.longestSpanMs = 90 * DAY_MS;
  const lab = await synced(pool);
  Object.assign(pool, { longestSpanMs: Infinity, shift: null });
  expect((await lab.verify()).doubts).toEqual([]);
  expect(lab.ledger.state.paged).toBe(true);
  expect(lab.ledger.state.spanLimitMs).not.toBeNull();
  expect(await lab.sync()).toMatchObject({ doubts: [], requests: 2 });
});

test('P9 a commit that lost to another writer is planned again', async () => {
  const lab = new MemoryLab(new MemoryPool(daily(250)));
  let commits = 0;
  lab.ledger.beforeCommit = () => {
    commits += 1;
    if (commits === 2) lab.ledger.supersede();
  };
  let sleeps = 0;
  lab.sleep = () => {
    sleeps += 1;
    // The other writer makes progress only once.
    if (sleeps === 1) lab.ledger.supersede();
    return Promise.resolve();
  };
  expect((await lab.sync()).doubts).toEqual([]);
  expect(sleeps).toBe(2);
  expect(lab.live()).toEqual(lab.served());
});

test('any other failure of a commit fails the run at once', async () => {
  const lab = new MemoryLab(new MemoryPool(daily(5)));
  lab.ledger.beforeCommit = () => {
    throw new Error('disk full');
  };
  await expect(lab.sync()).rejects.toThrow('disk full');
});

test('each tier reads what is due', async () => {
  const lab = await synced(
    new MemoryPool([rowOf(200, { status: 'PENDING' }), ...daily(450).filter((_r, i) => i !== 199)]),
  );
  const windows = lab.ledger.state.windows.length;
  expect((await lab.sync()).requests).toBe(1);
  lab.pass(DAY_MS);
  const recent = await lab.sync();
  expect(recent.requests).toBeGreaterThan(1);
  expect(recent.requests).toBeLessThan(windows);
  expect(lab.ledger.state.windows.find(({ pendingCount }) => pendingCount > 0)!.verifiedAtMs).toBe(
    lab.ledger.state.nowMs,
  );
  lab.pass(7 * DAY_MS);
  const all = await lab.sync();
  expect(all.requests).toBeGreaterThanOrEqual(windows);
  expect(lab.ledger.state.windows.every(({ verifiedAtMs }) => verifiedAtMs === lab.ledger.state.nowMs)).toBe(
    true,
  );
});

test('a span that a person names reads only its windows', async () => {
  const lab = await synced(new MemoryPool(daily(450)));
  const span = { fromMs: daysAgo(300), toMs: daysAgo(299) };
  expect((await lab.verify({ span })).requests).toBe(1);
});

test('hidden coins are asked for by name and stored', async () => {
  const lab = await synced(new MemoryPool(daily(20)));
  lab.pool.hidden = daily(15).map((row) => ({ ...row, currency: 'FB' }));
  lab.ledger.state = {
    ...lab.ledger.state,
    hiddenCoins: [{ currency: 'FB', readAtMs: null, hasRows: false }],
  };
  expect(await lab.sync()).toMatchObject({ doubts: [], requests: 2 });
  expect(lab.live(({ currency }) => currency === 'FB')).toHaveLength(15);
  await lab.sync();
  const asked = lab.pool.asked.at(-1)!;
  const [coin] = lab.ledger.state.hiddenCoins;
  // `readAtMs` changes only after a read of the whole history.
  expect(coin!.readAtMs).toBeLessThan(lab.ledger.state.nowMs);
  expect(asked).toMatchObject({ coinName: 'FB', startMs: startOfUtcDay(lab.pool.nowMs) - 35 * DAY_MS - 1 });
});

test('P11 windows that a run cannot prove are reported', async () => {
  const lab = new MemoryLab(new MemoryPool(daily(5)));
  const commit = lab.ledger.commitWindow.bind(lab.ledger);
  lab.ledger.commitWindow = async (asked) => {
    const result = await commit(asked);
    if (result.outcome !== 'committed') return result;
    const windows = result.state.windows.map((window) => ({ ...window, verifiedAtMs: null }));
    return { ...result, state: { ...result.state, windows } };
  };
  expect((await lab.sync()).doubts).toEqual([expect.stringContaining('not every window was proven')]);
});
