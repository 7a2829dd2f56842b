/** What does a run not believe, and how does it report that it ended in doubt? */
import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { DAY_MS } from '../../../src/core/day';
import type { IncomePageQuery } from '../../../src/domain/pool';
import { daily, daysAgo, MemoryLab, MemoryPool, rowOf, without, synced } from '../../support/memory-ledger';

const spanDays = ({ startMs, endMs }: IncomePageQuery): number => (endMs - startMs) / DAY_MS;
const from1To = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

test('P4 a pool that begins to clip long spans withdraws nothing', async () => {
  const lab = await synced(new MemoryPool(daily(80)));
  lab.pool.clippedMs = 31 * DAY_MS;
  expect(await lab.verify()).toMatchObject({ doubts: [], withdrawn: 0 });
  expect(lab.live()).toEqual(lab.served());
  expect(lab.ledger.state.spanLimitMs).toBe(30 * DAY_MS);
});

// Found by test/simulation/ledger-histories.test.ts: KPOOL_TEST_SEED=88010006.
test('P4 bounds of another zone are not taken for a span limit', async () => {
  for (const shift of [-8, 8]) {
    const at = (ms: number) => rowOf(40, { minedAtMs: daysAgo(40) + ms });
    const crowd = Array.from({ length: 110 }, () => at(1));
    // A long window ends right after the crowded instant.
    const lab = await synced(new MemoryPool([...daily(1), at(5), at(5), ...crowd]));
    const [newest, second, oldest] = lab.ledger.state.windows;
    const joined = { ...second!, fromMs: oldest!.fromMs };
    lab.ledger.state = { ...lab.ledger.state, windows: [newest!, joined] };
    lab.pool.shift = () => shift * HOUR_MS;
    expect((await lab.verify()).withdrawn).toBe(0);
    expect(lab.live()).toEqual(lab.served());
    expect(lab.ledger.state.spanLimitMs).toBeNull();
    expect((await lab.verify()).doubts).toEqual([]);
  }
});

// Found by test/simulation/ledger-model.test.ts: KPOOL_TEST_SEED=71003.
test('P4 rows that age beyond a clipped span are found', async () => {
  const pool = new MemoryPool(daily(12));
  pool.clippedMs = 31 * DAY_MS;
  const lab = await synced(pool);
  lab.pass(30 * DAY_MS);
  expect(await lab.verify()).toMatchObject({ doubts: [], withdrawn: 0 });
  expect(lab.live(({ unserved }) => !unserved)).toEqual(from1To(12));
  expect(lab.ledger.state.spanLimitMs).toBe(30 * DAY_MS);
});

test('P4 P11 a row that only some spans show stays, in doubt', async () => {
  const lab = await synced(new MemoryPool(daily(50)));
  const all = lab.pool.rows;
  lab.pool.before = (_request, query) => {
    const isShown = spanDays(query) > 2.5 && spanDays(query) < 5;
    lab.pool.rows = isShown ? all : without(all, 20);
  };
  expect(await lab.verify()).toMatchObject({
    doubts: ['rows that vanished keep coming back'],
    withdrawn: 0,
  });
  expect(lab.live()).toEqual(from1To(50));
});

test('P4 P11 a list that changes at every request keeps its rows', async () => {
  const lab = await synced(new MemoryPool(daily(50)));
  const rest = without(lab.pool.rows, 21);
  lab.pool.before = (request) => {
    lab.pool.rows = rest.map((row) =>
      row.minedAtMs === daysAgo(20) ? rowOf(20, { extra: null, status: `S${request}` }) : row,
    );
  };
  const { doubts, withdrawn } = await lab.verify();
  expect(withdrawn).toBe(0);
  expect(doubts).toHaveLength(1);
  expect(lab.live()).toEqual(from1To(50));
});

test('P4 a row that one answer misses stays, a vanished one goes', async () => {
  const three = ['1', '2', '3'].map((amount) => rowOf(20, { amount }));
  const lab = await synced(new MemoryPool([...daily(19), ...three, ...daily(10, 21)]));
  const all = lab.pool.rows;
  const start = lab.pool.requests;
  const rest = all.filter((row) => row !== three[1]);
  lab.pool.before = (request) => {
    lab.pool.rows = request === start + 1 ? rest : all;
  };
  expect(await lab.verify()).toMatchObject({ doubts: [], withdrawn: 0 });
  lab.pool.before = () => undefined;
  lab.pool.rows = rest;
  expect(await lab.verify()).toMatchObject({ doubts: [], withdrawn: 1 });
  expect(lab.live()).toEqual(lab.served());
});

// Found by test/simulation/ledger-histories.test.ts: KPOOL_TEST_SEED=90000831.
test('P4 a row of a crowded, unordered day is confirmed gone', async () => {
  const hours = Array.from({ length: 130 }, (_, i) =>
    rowOf(10, { minedAtMs: daysAgo(10) + (i % 24) * HOUR_MS, amount: `0.${i + 1}` }),
  );
  const pool = new MemoryPool([...daily(9), ...hours, ...daily(30, 11)]);
  pool.order = 'shuffled';
  const lab = await synced(pool);
  expect(lab.live()).toEqual(lab.served());
  pool.rows = pool.rows.filter((row) => row !== hours[60]);
  expect(await lab.verify()).toMatchObject({ doubts: [], withdrawn: 1 });
  expect(lab.live()).toEqual(lab.served());
});

test('P4 an empty newest window does not make the list empty', async () => {
  const pool = new MemoryPool(daily(80));
  pool.clippedMs = 31 * DAY_MS;
  const lab = await synced(pool);
  pool.rows = without(pool.rows, ...from1To(20));
  expect(await lab.verify()).toMatchObject({ doubts: [], withdrawn: 20 });
  expect(lab.live()).toEqual(lab.served());
  pool.isEmpty = true;
  const emptied = await lab.verify();
  expect(emptied.withdrawn).toBe(0);
  expect(emptied.doubts.join()).toContain('the pool shows no row');
  expect(lab.live(({ unserved }) => !unserved)).toHaveLength(60);
});

test('P4 vanished newer rows are withdrawn if older are served', async () => {
  const lab = await synced(new MemoryPool(daily(250)));
  lab.pool.rows = without(lab.pool.rows, ...from1To(100));
  expect(await lab.verify()).toMatchObject({ doubts: [], withdrawn: 100 });
  expect(lab.live()).toEqual(lab.served());
});

test('P4 P11 nothing is withdrawn if older rows are unreadable', async () => {
  const lab = await synced(new MemoryPool(daily(250)));
  for (const row of lab.pool.rows.slice(20)) lab.pool.unreadable.add(row);
  lab.pool.rows = without(lab.pool.rows, ...from1To(20));
  const { doubts, withdrawn } = await lab.verify();
  expect(withdrawn).toBe(0);
  expect(doubts).not.toEqual([]);
  expect(lab.live()).toEqual(from1To(250));
});

test('P4 an accepted empty list withdraws only young rows', async () => {
  const lab = await synced(new MemoryPool(daily(30)));
  lab.pool.isEmpty = true;
  await lab.verify({ acceptEmpty: true });
  expect(lab.live()).toEqual(from1To(30).slice(6));
  expect(lab.live(({ unserved }) => !unserved)).toEqual([]);
});

test('P11 a list known to be empty is checked without a doubt', async () => {
  const lab = await synced(new MemoryPool(daily(150)));
  lab.pool.rows = [];
  await lab.verify({ acceptEmpty: true });
  lab.ledger.state = { ...lab.ledger.state, emptySinceMs: null };
  lab.pass(8 * DAY_MS);
  expect((await lab.sync()).doubts).toEqual([]);
  expect(lab.ledger.patches).not.toContainEqual({ showsNoRow: true });
});

test('a scope without rows costs one request a visit', async () => {
  const lab = await synced(new MemoryPool([]));
  const requests: number[] = [];
  for (let day = 0; day < 15; day += 1) {
    lab.pass(DAY_MS);
    requests.push((await lab.sync()).requests);
  }
  expect(requests.filter((count) => count === 2)).toHaveLength(2);
  expect(requests.filter((count) => count === 1)).toHaveLength(13);
});

test('the weekly check is recorded once it is complete', async () => {
  const lab = await synced(new MemoryPool(daily(30)));
  const first = lab.ledger.state.deepCheckedAtMs;
  expect(first).not.toBeNull();
  lab.pass(DAY_MS);
  await lab.sync();
  expect(lab.ledger.state.deepCheckedAtMs).toBe(first);
  lab.pass(6 * DAY_MS);
  await lab.sync();
  expect(lab.ledger.state.deepCheckedAtMs).toBe(lab.ledger.state.nowMs);
  const second = lab.ledger.state.deepCheckedAtMs;
  await lab.verify({ span: { fromMs: daysAgo(10), toMs: daysAgo(9) } });
  expect(lab.ledger.state.deepCheckedAtMs).toBe(second);
  lab.pool.isEmpty = true;
  await lab.verify();
  expect(lab.ledger.state.deepCheckedAtMs).toBe(second);
});

test('P11 ignored bounds with refused spans end as partial', async () => {
  const pool = new MemoryPool(daily(250));
  [pool.shift, pool.longestSpanMs] = [null, 40 * DAY_MS];
  const lab = new MemoryLab(pool);
  expect((await lab.sync()).doubts).toEqual(['the pool contradicts itself about the rows of this scope']);
  expect(lab.ledger.state.deepCheckedAtMs).toBeNull();
});

test('P11 a list that is empty except by window is reported', async () => {
  const lab = await synced(new MemoryPool(daily(250)));
  lab.pool.before = (_request, query) => {
    lab.pool.isEmpty = spanDays(query) > 900;
  };
  const { doubts, withdrawn } = await lab.verify();
  expect(withdrawn).toBe(0);
  expect(doubts.join()).toContain('the pool shows no row');
});

test('P9 a run gives up after two hundred lost commits', async () => {
  const lab = new MemoryLab(new MemoryPool(daily(5)));
  lab.ledger.beforeCommit = () => lab.ledger.supersede();
  await expect(lab.sync()).rejects.toMatchObject({ code: 'sync.superseded' });
});

test('P11 more vanished than unreadable rows are reported', async () => {
  const lab = await synced(
    new MemoryPool([...daily(30), rowOf(10, { amount: '2' }), rowOf(10, { amount: '3' })]),
  );
  const broken = lab.pool.rows.find(({ minedAtMs }) => minedAtMs === daysAgo(10))!;
  lab.pool.rows = lab.pool.rows.filter((row) => row === broken || row.minedAtMs !== daysAgo(10));
  lab.pool.unreadable.add(broken);
  expect((await lab.verify()).doubts).toContain(
    'more rows vanished than there are rows that could not be parsed',
  );
});

describe('a scope whose bounds are ignored', () => {
  async function paged(): Promise<MemoryLab> {
    const pool = new MemoryPool(daily(450));
    pool.shift = null;
    const lab = await synced(pool);
    lab.pool.rows = [rowOf(0), ...lab.pool.rows];
    return lab;
  }

  test.each<[string, (lab: MemoryLab, start: number) => void]>([
    ['no longer has an order', ({ pool }) => void (pool.order = 'none')],
    ['is counted no more', ({ pool }) => void (pool.count = () => null)],
    [
      'grows between two pages',
      ({ pool }, start) => {
        pool.before = (request) => {
          if (request === start + 2) pool.rows = [rowOf(0, { type: 'x' }), ...pool.rows];
        };
      },
    ],
    ['lost an old row', ({ pool }) => void (pool.rows = without(pool.rows, 440))],
    ['lost a new row and an old one', ({ pool }) => void (pool.rows = without(pool.rows, 3, 440))],
  ])('P2 is read completely if it %s', async (_name, change) => {
    const lab = await paged();
    change(lab, lab.pool.requests);
    expect((await lab.sync()).doubts).toEqual([]);
    await lab.sync();
    expect(lab.live()).toEqual(lab.served());
  });

  test('P11 reports its unreadable rows', async () => {
    const lab = await paged();
    lab.pool.unreadable.add(lab.pool.rows[3]!);
    expect((await lab.sync()).doubts).toEqual(['rows that could not be parsed are in quarantine']);
  });
});

describe('a coin that lists hide', () => {
  async function withCoin(pool: MemoryPool): Promise<MemoryLab> {
    const lab = await synced(pool);
    lab.ledger.state = {
      ...lab.ledger.state,
      hiddenCoins: [{ currency: 'FB', readAtMs: null, hasRows: false }],
    };
    return lab;
  }
  const coins = (count: number) => daily(count).map((row) => ({ ...row, currency: 'FB' }));

  test('costs one request a week while it has no rows', async () => {
    const lab = await withCoin(new MemoryPool(daily(5)));
    expect((await lab.sync()).requests).toBe(2);
    expect((await lab.sync()).requests).toBe(1);
    lab.pass(7 * DAY_MS);
    await lab.sync();
    expect(lab.pool.asked.at(-1)).toMatchObject({ coinName: 'FB' });
  });

  test('P2 is read in parts if spans are limited', async () => {
    const pool = new MemoryPool(daily(80));
    pool.clippedMs = 31 * DAY_MS;
    pool.hidden = coins(70);
    const lab = await withCoin(pool);
    let commits = 0;
    lab.ledger.beforeCommit = () => {
      if (lab.ledger.rows.some(({ currency }) => currency === 'FB')) commits += 1;
      if (commits === 2) throw new Error('stopped');
    };
    await expect(lab.sync()).rejects.toThrow('stopped');
    expect(lab.ledger.state.hiddenCoins[0]!.readAtMs).toBeNull();
    await lab.sync();
    expect(lab.ledger.state.hiddenCoins[0]!.readAtMs).not.toBeNull();
    expect(lab.live(({ currency }) => currency === 'FB')).toEqual(from1To(70));
    const begins = lab.ledger.commits
      .filter(({ coin }) => coin !== undefined)
      .map(({ window }) => window.fromMs);
    // The newest part is the last one, because only then the whole history was read.
    expect(begins.at(-1)).toBe(Math.max(...begins));
  });

  test('P11 is in doubt if its pages hold fewer rows than counted', async () => {
    const lab = await withCoin(new MemoryPool(daily(5)));
    lab.pool.hidden = coins(3);
    lab.pool.before = (_request, { coinName }) => {
      lab.pool.count = (rows) => (coinName === undefined ? rows : rows + 2);
    };
    expect((await lab.sync()).doubts).toEqual(['FB: the pool counts 5 rows and serves 3 on all pages']);
  });

  test('P8 quarantines only its own unreadable rows', async () => {
    const lab = await withCoin(new MemoryPool(daily(5)));
    lab.pool.hidden = coins(3);
    // The pool ignores names, so it serves the other rows as well.
    lab.pool.before = (_request, query) => {
      const isNamed = query.coinName !== undefined;
      Object.assign(query, { coinName: undefined });
      lab.pool.rows = isNamed ? [...daily(5), ...lab.pool.hidden] : daily(5);
      if (isNamed) for (const row of lab.pool.rows.slice(4, 6)) lab.pool.unreadable.add(row);
    };
    expect((await lab.sync()).doubts).toEqual(['rows that could not be parsed are in quarantine']);
    const [read] = lab.ledger.commits.filter(({ coin }) => coin !== undefined);
    expect(read!.unreadable.map(({ raw }) => raw.includes('"FB"'))).toEqual([true]);
    expect(lab.live(({ currency }) => currency === 'FB')).toHaveLength(2);
  });

  test('is ignored by a pool that serves all coins for any name', async () => {
    const lab = await withCoin(new MemoryPool(daily(5)));
    lab.pool.before = (_request, query) => Object.assign(query, { coinName: undefined });
    await lab.sync();
    expect(lab.ledger.state.hiddenCoins[0]!.hasRows).toBe(false);
  });
});
