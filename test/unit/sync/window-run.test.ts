/** Which requests does one window need: its proven prefix, its parts, the probe behind it? */
import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { DAY_MS } from '../../../src/core/day';
import { syncWindow } from '../../../src/sync/ledger/window-run';
import {
  daily,
  daysAgo,
  MemoryLab,
  MemoryPool,
  rowOf,
  TODAY,
  HISTORY_DAYS,
  RECENT_DAYS,
  synced,
} from '../../support/memory-ledger';

/** The newest window ends with tomorrow. */
const HORIZON_DAYS = 2;

/** The spans of all requests since the `from`th, in days from today. */
const askedOf = ({ pool }: MemoryLab, from = 0): (readonly [from: number, to: number])[] =>
  pool.asked
    .slice(from)
    .map(({ startMs, endMs }) => [(startMs + 1 - TODAY) / DAY_MS, (endMs - TODAY) / DAY_MS] as const);

describe('the proven prefix of a full page', () => {
  test('P2 is read again if the rest counts fewer rows', async () => {
    const pool = new MemoryPool(daily(250));
    // The list is in order of recording: this row is the last one.
    pool.late.add(pool.rows[20]!);
    const lab = await synced(pool);
    expect(lab.live()).toEqual(lab.served());
    expect(lab.ledger.state.windows.every(({ verifiedAtMs }) => verifiedAtMs !== null)).toBe(true);
  });

  test('P4 is proven again if the rest was refused', async () => {
    const pool = new MemoryPool(daily(250));
    pool.before = (request) => {
      if (request === 2) [pool.longestSpanMs, pool.rows] = [400 * DAY_MS, daily(249, 2)];
    };
    const lab = await synced(pool);
    expect(lab.live()).toEqual(lab.served());
  });

  // No later part of the window may be committed after that.
  test('P4 ends the read of its window if it is contradicted', async () => {
    const lab = await synced(new MemoryPool(daily(250)));
    const { windows } = lab.ledger.state;
    const joined = { ...windows[0]!, fromMs: windows.at(-2)!.fromMs, rowCount: 250 };
    lab.ledger.state = { ...lab.ledger.state, windows: [joined, windows.at(-1)!] };
    const all = lab.pool.rows;
    // The answers for the whole window and for its newest 90 rows lack a row that every other span shows.
    lab.pool.before = (_request, { startMs, endMs }) => {
      const isWindow = [joined.fromMs - 1, daysAgo(91.5) - 1].includes(startMs) && endMs > TODAY;
      lab.pool.rows = isWindow ? all.filter((_row, i) => i !== 10) : all;
    };
    const before = lab.ledger.commits.length;
    expect(await syncWindow(lab.session(), joined, false)).toBe('contradicted');
    expect(lab.ledger.commits).toHaveLength(before);
  });

  test('P4 withdraws vanished rows only once they are confirmed', async () => {
    const lab = await synced(new MemoryPool(daily(250)));
    const { windows } = lab.ledger.state;
    // As if one window of more than a page had held all rows.
    lab.ledger.state = {
      ...lab.ledger.state,
      windows: [{ ...windows[0]!, fromMs: windows.at(-1)!.fromMs, rowCount: 250 }],
    };
    lab.pool.isEmpty = false;
    lab.pool.rows = lab.pool.rows.filter((_row, i) => i !== 10);
    expect(await lab.verify()).toMatchObject({ doubts: [], withdrawn: 1 });
    expect(lab.live()).toEqual(lab.served());
  });
});

test('parts are read newest first, and each is committed', async () => {
  const pool = new MemoryPool(daily(80));
  pool.clippedMs = 31 * DAY_MS;
  const lab = await synced(pool);
  lab.pass(7 * DAY_MS);
  lab.ledger.commits.length = 0;
  await lab.verify();
  const begins = lab.ledger.commits.map(({ window }) => window.fromMs);
  expect(begins).toEqual([...begins].sort((a, b) => b - a));
  // A limit that another scope of the account has learnt.
  const known = new MemoryLab(new MemoryPool(daily(80)));
  known.ledger.state = { ...known.ledger.state, spanLimitMs: 30 * DAY_MS };
  await known.sync();
  const limited = known.ledger.commits.map(({ window }) => window.fromMs);
  expect(limited).toEqual([...limited].sort((a, b) => b - a));
  const unordered = new MemoryPool(daily(350));
  unordered.order = 'none';
  const other = await synced(unordered);
  const first = other.ledger.commits.map(({ window }) => window.fromMs);
  expect(first).toEqual([...first].sort((a, b) => b - a));
});

describe('the probe', () => {
  test('asks an empty list for another window each week', async () => {
    const lab = await synced(new MemoryPool([]));
    expect(askedOf(lab)).toEqual([
      [-HISTORY_DAYS, HORIZON_DAYS],
      [-65, -RECENT_DAYS],
    ]);
    const probes: (readonly [number, number])[] = [];
    for (let week = 0; week < 4; week += 1) {
      lab.pass(7 * DAY_MS);
      const from = lab.pool.asked.length;
      await lab.sync();
      const today = 7 * (week + 1);
      const asked = askedOf(lab, from);
      expect(asked).toHaveLength(2);
      probes.push([asked[1]![0] - today, asked[1]![1] - today]);
    }
    expect(probes).toEqual([probes[3], probes[1], probes[2], probes[3]]);
    expect([...probes.slice(1)].sort(([a], [b]) => a - b)).toEqual([
      [-400, -RECENT_DAYS],
      [-65, -RECENT_DAYS],
      [-6, HORIZON_DAYS],
    ]);
  });

  test('is left out if the pool answers only short spans', async () => {
    const lab = new MemoryLab(new MemoryPool([...daily(5), rowOf(995)]));
    lab.ledger.state = { ...lab.ledger.state, spanLimitMs: 300 * DAY_MS };
    await lab.sync();
    expect(lab.live()).toEqual(lab.served());
    expect(askedOf(lab).filter(([from]) => from === -HISTORY_DAYS)).toHaveLength(1);
  });

  test('reaches back no further than the history', async () => {
    const pool = new MemoryPool([]);
    const lab = new MemoryLab(pool);
    lab.historyStartMs = daysAgo(40);
    await lab.sync();
    expect(askedOf(lab)).toEqual([
      [-40, HORIZON_DAYS],
      [-40, -RECENT_DAYS],
    ]);
    const young = new MemoryLab(new MemoryPool([]));
    young.historyStartMs = daysAgo(RECENT_DAYS);
    await young.sync();
    expect(askedOf(young)).toEqual([[-RECENT_DAYS, HORIZON_DAYS]]);
  });

  test('asks once for rows older than the oldest', async () => {
    const lab = await synced(new MemoryPool(daily(31)));
    expect(askedOf(lab)).toEqual([
      [-HISTORY_DAYS, HORIZON_DAYS],
      [-HISTORY_DAYS, -31],
    ]);
    const from = lab.pool.asked.length;
    await lab.verify();
    // The window ends at the oldest row, and older days are another window. The last request counts everything.
    expect(askedOf(lab, from)).toEqual([
      [-31, HORIZON_DAYS],
      [-HISTORY_DAYS, -31],
      [-HISTORY_DAYS, HORIZON_DAYS],
    ]);
    expect(lab.ledger.state.windows.map(({ fromMs }) => (fromMs - TODAY) / DAY_MS)).toEqual([
      -31,
      -HISTORY_DAYS,
    ]);
    const one = await synced(new MemoryPool(daily(1)));
    expect(askedOf(one)).toEqual([
      [-HISTORY_DAYS, HORIZON_DAYS],
      [-HISTORY_DAYS, -1],
    ]);
    expect(one.ledger.state.windows).toHaveLength(2);
    // The oldest row is on the first day of the history.
    const all = new MemoryLab(new MemoryPool(daily(31)));
    all.historyStartMs = daysAgo(31);
    await all.sync();
    expect(askedOf(all)).toEqual([[-31, HORIZON_DAYS]]);
  });

  test('P2 finds a row that the first answer missed', async () => {
    const pool = new MemoryPool([...daily(30), rowOf(200)]);
    const all = pool.rows;
    pool.before = (request) => {
      pool.rows = request === 1 ? daily(30) : all;
    };
    const lab = await synced(pool);
    expect(lab.live()).toEqual([...daily(30).map((_row, i) => i + 1), 200]);
    expect(lab.ledger.state.spanLimitMs).toBeNull();
    expect(askedOf(lab).length).toBeLessThanOrEqual(6);
  });

  test('P11 leaves the window in doubt if nothing confirms it', async () => {
    const pool = new MemoryPool([...daily(31), rowOf(200)]);
    const all = pool.rows;
    // The answer for everything hides an old row that every other one shows.
    pool.before = (_request, { startMs, endMs }) => {
      pool.rows = startMs === daysAgo(HISTORY_DAYS) - 1 && endMs === daysAgo(-HORIZON_DAYS) ? daily(31) : all;
    };
    const lab = new MemoryLab(pool);
    const { doubts, requests } = await lab.sync();
    expect(doubts).toEqual(['a part of a span shows rows that all of it does not']);
    expect(requests).toBe(6);
    expect(lab.ledger.state.windows.every(({ verifiedAtMs }) => verifiedAtMs === null)).toBe(true);
  });

  test('P2 contradicts the window if it shows other days as well', async () => {
    const pool = new MemoryPool([...daily(30), rowOf(200)]);
    const all = pool.rows;
    pool.before = (request) => {
      // The first answer is cut short, and later ones ignore the bounds.
      pool.rows = request === 1 ? daily(30) : all;
      pool.shift = request === 1 ? () => 0 : null;
    };
    const lab = await synced(pool);
    expect(lab.live()).toEqual(lab.served());
    expect(lab.ledger.state.spanLimitMs).toBeNull();
  });
});

describe('an unreadable row', () => {
  test.each([1, 5])('leaves only its day in doubt, also on %s days', async (count) => {
    const lab = await synced(new MemoryPool(daily(60)));
    for (let i = 0; i < count; i += 1) lab.pool.unreadable.add(lab.pool.rows[10 + 2 * i]!);
    await lab.verify();
    const doubtful = lab.ledger.state.windows.filter(({ inDoubtCount }) => inDoubtCount > 0);
    expect(doubtful).toHaveLength(count);
    expect(doubtful.every(({ fromMs, toMs }) => toMs - fromMs === DAY_MS)).toBe(true);
    const begins = lab.ledger.commits.slice(-2 * count - 1).map(({ window }) => window.fromMs);
    expect(begins).toEqual([...begins].sort((a, b) => b - a));
  });

  test('P4 without a date has its window halved down to a day', async () => {
    const lab = await synced(new MemoryPool(daily(60)));
    lab.pool.isDated = false;
    lab.pool.unreadable.add(lab.pool.rows[30]!);
    lab.pool.rows = lab.pool.rows.filter((_row, i) => i !== 10 && i !== 50);
    const { withdrawn, requests } = await lab.verify();
    expect(withdrawn).toBe(2);
    expect(requests).toBeLessThanOrEqual(25);
    const doubtful = lab.ledger.state.windows.filter(({ inDoubtCount }) => inDoubtCount > 0);
    expect(doubtful).toHaveLength(1);
    expect(doubtful[0]!.toMs - doubtful[0]!.fromMs).toBeLessThanOrEqual(DAY_MS);
    // Cuts are half way between two midnights, so that no row dated at midnight is on a cut.
    expect(Math.abs(doubtful[0]!.fromMs % DAY_MS)).toBe(DAY_MS / 2);
  });
});

test('a refused span is remembered by half, at least six hours', async () => {
  const pool = new MemoryPool(daily(3));
  pool.longestSpanMs = 7 * HOUR_MS;
  const lab = new MemoryLab(pool);
  lab.historyStartMs = daysAgo(5);
  await lab.sync();
  expect(lab.live()).toEqual(lab.served());
  expect(lab.ledger.state.spanLimitMs).toBeGreaterThanOrEqual(6 * HOUR_MS);
});
