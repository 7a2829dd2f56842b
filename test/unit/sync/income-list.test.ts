/** Which requests does one page of a list take, and what does the list learn from the answers? */
import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { DAY_MS } from '../../../src/core/day';
import { KpoolError } from '../../../src/core/errors';
import type { CallOptions } from '../../../src/domain/call-options';
import type { IncomeRow } from '../../../src/domain/income';
import type { IncomePageQuery } from '../../../src/domain/pool';
import type { LedgerScope } from '../../../src/domain/scope';
import { FutureEnd } from '../../../src/sync/ledger/future-end';
import { IncomeList } from '../../../src/sync/ledger/income-list';
import { daily, daysAgo, NOW, rowOf, TODAY } from '../../support/memory-ledger';

const PAST = { fromMs: daysAgo(90), toMs: TODAY };
const ALL = { ...PAST, toMs: Infinity };

type Answer = readonly IncomeRow[] | 'refused' | Error;

/** A pool that gives these answers in turn and repeats the last one. The number of the answer is its count. */
function poolOf(...answers: readonly Answer[]) {
  const asked: (IncomePageQuery & { readonly stream: string })[] = [];
  const ask = (stream: string) => async (query: IncomePageQuery) => {
    asked.push({ ...query, stream });
    const answer = answers[Math.min(asked.length, answers.length) - 1] ?? [];
    if (answer instanceof Error) throw answer;
    if (answer === 'refused') throw new KpoolError('pool.parameter', 'refused');
    return Promise.resolve({
      rows: answer,
      unreadable: [],
      answeredAtMs: 0,
      currentPage: 1,
      pageSize: 100,
      totalNum: asked.length,
      totalPage: null,
    });
  };
  return {
    asked,
    futureEnd: new FutureEnd(),
    nowMs: NOW,
    now(): number {
      return this.nowMs;
    },
    queryEarnings: ask('earnings'),
    queryRewards: ask('rewards'),
  };
}

const scopeOf = (stream: string) => ({ stream, puid: 1n, algo: 'sha256d' }) as unknown as LedgerScope;

const optionsOf = (signal: AbortSignal = new AbortController().signal): CallOptions => ({
  signal,
  priority: 1,
});

const listOf = (pool: ReturnType<typeof poolOf>, coin: string | null = null, signal?: AbortSignal) =>
  new IncomeList({ pool, futureEnd: pool.futureEnd }, scopeOf('earnings'), optionsOf(signal), coin);

test('each stream queries its own list, and a coin by its name', async () => {
  const pool = poolOf(daily(3));
  await listOf(pool).readPage(PAST);
  await new IncomeList({ pool, futureEnd: pool.futureEnd }, scopeOf('rewards'), optionsOf()).readPage(PAST);
  await listOf(pool, 'FB').readPage(PAST, 2, 50);
  expect(pool.asked.map(({ stream }) => stream)).toEqual(['earnings', 'rewards', 'earnings']);
  expect(pool.asked[0]).toEqual({
    stream: 'earnings',
    puid: 1n,
    algo: 'sha256d',
    currentPage: 1,
    pageSize: 100,
    startMs: PAST.fromMs - 1,
    endMs: PAST.toMs,
  });
  expect(pool.asked[2]).toMatchObject({ coinName: 'FB', currentPage: 2, pageSize: 50 });
});

test('a list remembers its longest page and its oldest row', async () => {
  const list = listOf(poolOf(daily(3), daily(1), []));
  expect(list.hasShownRows).toBe(false);
  for (let i = 0; i < 3; i += 1) await list.readPage(PAST);
  expect(list.seen).toMatchObject({ longestPage: 3, oldestMs: rowOf(3).minedAtMs });
});

test('a count asks for the smallest page', async () => {
  const pool = poolOf([], 'refused');
  expect(await listOf(pool).count(PAST)).toBe(1);
  expect(pool.asked[0]).toMatchObject({ currentPage: 1, pageSize: 10 });
  const refusing = listOf(poolOf([], 'refused'));
  await refusing.readPage(PAST);
  expect(await refusing.count(PAST)).toBeNull();
});

test('a refused end in the future is avoided for a day', async () => {
  const pool = poolOf('refused', daily(1), 'refused', 'refused', daily(1));
  const list = listOf(pool);
  expect(await list.readPage(ALL)).toMatchObject({ totalNum: 2 });
  const nowMs = NOW - 5_000;
  const ends = () => pool.asked.map(({ endMs }) => endMs);
  const horizon = TODAY + 2 * DAY_MS;
  expect(ends()).toEqual([horizon, nowMs, horizon, horizon]);
  expect(pool.asked[3]!.startMs).toBe(horizon - 6 * HOUR_MS);
  await list.readPage(ALL);
  expect(ends().slice(4)).toEqual([nowMs]);
  // A window that lies entirely in the future needs no request.
  const ahead = { fromMs: NOW + HOUR_MS, toMs: Infinity };
  const trusting = poolOf([]);
  await listOf(trusting).readPage(ahead);
  expect(trusting.asked).toHaveLength(1);
  expect(await list.readPage(ahead)).toMatchObject({ rows: [], totalNum: 0 });
  expect(pool.asked).toHaveLength(5);
  await list.readPage({ fromMs: NOW - HOUR_MS, toMs: Infinity });
  expect(pool.asked).toHaveLength(6);
  pool.nowMs += DAY_MS;
  await list.readPage(ahead);
  expect(ends().at(-1)).toBe(TODAY + 3 * DAY_MS);
});

// Found by test/simulation/ledger-histories.test.ts: KPOOL_TEST_SEED=90001089.
test('P2 a span refused for its length keeps its future end', async () => {
  const pool = poolOf('refused', daily(1), 'refused', daily(1));
  const list = listOf(pool);
  expect(await list.readPage(ALL)).toBeNull();
  await list.readPage(ALL);
  expect(pool.asked.at(-1)!.endMs).toBe(TODAY + 2 * DAY_MS);
});

test('a single refusal is retried', async () => {
  const pool = poolOf('refused', daily(1));
  const list = listOf(pool);
  // The retry succeeds, so the end in the future is used again.
  expect(await list.readPage(ALL)).toMatchObject({ totalNum: 3 });
  await list.readPage(ALL);
  expect(pool.asked.map(({ endMs }) => endMs > NOW)).toEqual([true, false, true, true]);
  const past = poolOf('refused', daily(1));
  expect(await listOf(past).readPage(PAST)).toMatchObject({ totalNum: 2 });
  expect(past.asked).toHaveLength(2);
});

test('a refused page after the first is an empty page', async () => {
  const pool = poolOf(daily(1), 'refused');
  const list = listOf(pool);
  await list.readPage(PAST);
  expect(await list.readPage(PAST, 2)).toMatchObject({ rows: [], totalNum: null });
  expect(pool.asked).toHaveLength(2);
});

test('a span counts as refused once a shorter one is answered', async () => {
  const pool = poolOf('refused', 'refused', []);
  const list = listOf(pool);
  expect(await list.readPage(ALL)).toBeNull();
  expect(pool.asked[2]).toMatchObject({ startMs: NOW - 5_000 - 6 * HOUR_MS, endMs: NOW - 5_000 });
  const answered = poolOf([], 'refused');
  const other = listOf(answered);
  await other.readPage(PAST);
  expect(await other.readPage(ALL)).toBeNull();
  expect(answered.asked).toHaveLength(3);
  await expect(listOf(poolOf('refused')).readPage(ALL)).rejects.toMatchObject({ code: 'pool.parameter' });
});

test('other failures and an abort are thrown', async () => {
  const broken = poolOf(new Error('broken'));
  await expect(listOf(broken).readPage(PAST)).rejects.toThrow('broken');
  expect(broken.asked).toHaveLength(1);
  const pool = poolOf([]);
  await expect(listOf(pool, null, AbortSignal.abort()).readPage(PAST)).rejects.toThrow();
  expect(pool.asked).toEqual([]);
});
