/** Which windows does a run read again, and when? */
import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { DAY_MS } from '../../../src/core/day';
import type { StoredWindow } from '../../../src/domain/ledger/windows';
import { daily, daysAgo, daysSince, MemoryLab, MemoryPool, rowOf } from '../../support/memory-ledger';

/** The windows that a run reads, by their start in days before today; each of `windows` ends where the one before starts. */
async function due(
  windows: readonly (readonly [from: number, more: Partial<StoredWindow>])[],
  request: Parameters<MemoryLab['sync']>[0] = {},
  spanLimitMs: number | null = null,
): Promise<number[]> {
  const lab = new MemoryLab(new MemoryPool([]));
  // `lab.sync` lets a second pass first.
  const nowMs = lab.ledger.state.nowMs + 1_000;
  lab.ledger.state = {
    ...lab.ledger.state,
    spanLimitMs,
    deepCheckedAtMs: nowMs,
    windows: windows.map(([from, { verifiedAtMs, ...more }], i) => ({
      fromMs: daysAgo(from),
      toMs: i === 0 ? Infinity : daysAgo(windows[i - 1]![0]),
      rowCount: 0,
      pendingCount: 0,
      quarantinedCount: 0,
      inDoubtCount: 0,
      ...more,
      verifiedAtMs:
        verifiedAtMs === undefined ? nowMs - 1 : verifiedAtMs === null ? null : nowMs + verifiedAtMs,
    })),
  };
  await lab.sync(request);
  return lab.pool.asked.filter(({ pageSize }) => pageSize > 10).map(({ startMs }) => daysSince(startMs + 1));
}

const OLDEST = [1_000, {}] as const;
const verifiedDaysAgo = (days: number) => ({ verifiedAtMs: -days * DAY_MS });

test('the newest window and unread ones are read each cycle', async () => {
  expect(await due([[10, {}], OLDEST])).toEqual([10]);
  // A row may be dated until the end of today.
  expect(await due([[-1, {}], [0, {}], [5, {}], OLDEST])).toEqual([-1, 0]);
  expect(await due([[10, {}], [50, { verifiedAtMs: null }], OLDEST])).toEqual([10, 50]);
});

test('recent windows are read again daily', async () => {
  const windows = [[10, {}], [35, verifiedDaysAgo(1)], [36, verifiedDaysAgo(1)], OLDEST] as const;
  expect(await due(windows)).toEqual([10, 35]);
  expect(await due([[10, {}], [35.1, verifiedDaysAgo(1)], [36, verifiedDaysAgo(1)], OLDEST])).toEqual([
    10, 35.1,
  ]);
  expect(await due([[10, {}], [30, { verifiedAtMs: 1 - DAY_MS }], OLDEST])).toEqual([10]);
});

test.each(['pendingCount', 'quarantinedCount', 'inDoubtCount'] as const)(
  'a window with a %s is read again daily',
  async (count) => {
    const windows = [
      [10, {}],
      [36, {}],
      [300, verifiedDaysAgo(1)],
      [400, { ...verifiedDaysAgo(1), [count]: 1 }],
      OLDEST,
    ] as const;
    expect(await due(windows)).toEqual([10, 400]);
    const all = { pendingCount: 1, quarantinedCount: 1, inDoubtCount: 1 };
    expect(await due([[10, {}], [36, {}], [400, { ...verifiedDaysAgo(1), ...all }], OLDEST])).toEqual([
      10, 400,
    ]);
  },
);

test('every window is read again weekly', async () => {
  const windows = [
    [10, {}],
    [300, verifiedDaysAgo(7)],
    [400, { verifiedAtMs: 1 - 7 * DAY_MS }],
    OLDEST,
  ] as const;
  expect(await due(windows)).toEqual([10, 300]);
});

test('a person chooses windows by instant, span, or both', async () => {
  const nowMs = new MemoryLab(new MemoryPool([])).ledger.state.nowMs + 1_000;
  const windows = [
    [10, {}],
    [300, { verifiedAtMs: -HOUR_MS }],
    [400, { verifiedAtMs: -HOUR_MS - 1 }],
    OLDEST,
  ] as const;
  expect(await due(windows, { verifyBeforeMs: nowMs - HOUR_MS })).toEqual([400]);
  const span = { fromMs: daysAgo(250), toMs: daysAgo(249) };
  expect(await due(windows, { verifyBeforeMs: nowMs, span })).toEqual([300]);
  expect(await due(windows, { span })).toEqual([]);
});

test('a window longer than the span limit is read again', async () => {
  const limitMs = 100 * DAY_MS;
  const windows = [
    [10, {}],
    [110, {}],
    [250, {}],
    [340, {}],
  ] as const;
  const asked = await due(
    [...windows, [430, {}], [520, {}], [610, {}], [700, {}], [790, {}], [880, {}], OLDEST],
    {},
    limitMs,
  );
  expect([...asked].sort((a, b) => a - b)).toEqual([10, 209, 250, 979, 1_000]);
});

test('P2 an earlier start of the history is read', async () => {
  const lab = new MemoryLab(new MemoryPool([...daily(50), rowOf(1_500)]));
  await lab.sync();
  expect(lab.live()).toHaveLength(50);
  lab.historyStartMs = daysAgo(2_000);
  await lab.sync();
  expect(lab.live()).toHaveLength(51);
  expect(lab.ledger.state.windows.at(-1)!.fromMs).toBe(daysAgo(2_000));
});

test('P9 a writer that makes no progress is waited for once', async () => {
  const lab = new MemoryLab(new MemoryPool(daily(5)));
  let [commits, sleeps] = [0, 0];
  lab.ledger.beforeCommit = () => {
    commits += 1;
    if (commits === 1) lab.ledger.supersede();
  };
  lab.sleep = () => {
    sleeps += 1;
    return Promise.resolve();
  };
  await lab.sync();
  expect(sleeps).toBe(1);
});
