import * as fc from 'fast-check';
import { DAY_MS } from '../../../src/core/day';
import { createSimulator, type SimIncome, type SimScopeKey, type Simulator } from '../../../src/simulator';
import { call, walk, type PageData } from './pool-caller';

const NOON = Date.UTC(2026, 10, 22, 12);
let simulator: Simulator;
let scope: SimScopeKey;

beforeEach(async () => {
  simulator = await createSimulator({ seed: 7, startAt: NOON, world: { days: 400 }, rateLimit: null });
  scope = simulator.world.scopes('main')[1]!;
});
afterEach(() => simulator.close());

const asked = (extra: Record<string, string | number> = {}) => ({
  algo: scope.algo,
  puid: scope.puid,
  ...extra,
});
const served = (row: SimIncome) => ({
  amount: row.amount,
  currency: row.currency,
  ...(row.hashRate === null ? {} : { hashRate: row.hashRate, hashUnit: 'H' }),
  miningDate: String(row.minedAtMs),
  settleTime: row.settledAtMs === null ? null : String(row.settledAtMs),
  status: row.status,
  ...(row.stream === 'earnings' ? { rejectRate: row.rejectRate } : { type: row.type }),
});
const multiset = (items: readonly unknown[]) =>
  items.map((item) => JSON.stringify(item, Object.keys(item as object).sort())).sort();

test('pages hold each row once, newest first', async () => {
  for (const [endpoint, rows] of [
    ['earn/query', simulator.world.earnings(scope)],
    ['reward/query', simulator.world.rewards(scope)],
  ] as const) {
    const items = await walk(simulator, endpoint, asked());
    expect(rows.length).toBeGreaterThan(100);
    expect(multiset(items)).toEqual(multiset(rows.map(served)));
    const dates = items.map((item) => Number(item['miningDate']));
    expect(dates).toEqual([...dates].sort((a, b) => b - a));
  }
});

test('the seeded income looks real', async () => {
  const long = await createSimulator({ seed: 7, startAt: NOON, rateLimit: null });
  const { world } = long;
  const rewards = world.scopes().flatMap((key) => world.rewards(key));
  const earnings = world.scopes().flatMap((key) => world.earnings(key));
  expect(new Set(rewards.map((row) => row.type))).toEqual(
    new Set(['MINING_EARN', 'UNITE_COIN_EARN', 'REWARD_EARN', 'HASH_RATE_EARN', 'FEE_RATE_EARN']),
  );
  expect(new Set(earnings.map((row) => row.currency))).toEqual(new Set(['BTC', 'LTC', 'DOGE', 'ETHW']));
  expect(Math.min(...earnings.map((row) => row.minedAtMs))).toBeLessThan(NOON - 1_090 * DAY_MS);
  expect(earnings.some((row) => row.minedAtMs % DAY_MS !== 0)).toBe(true);
  expect(earnings.filter((row) => row.minedAtMs % DAY_MS === 0).length).toBeGreaterThan(earnings.length / 2);
  const pending = earnings.filter((row) => row.status === 'WAIT_SETTLE');
  expect(pending.some((row) => row.minedAtMs > NOON - 3 * DAY_MS)).toBe(true);
  expect(pending.some((row) => row.minedAtMs < NOON - 20 * DAY_MS)).toBe(true);
  const keys = rewards.map((row) => JSON.stringify([row.scope.puid.toString(), row.scope.algo, served(row)]));
  expect(new Set(keys).size).toBeLessThan(keys.length);
  const instants = new Set(earnings.map((row) => JSON.stringify([row.minedAtMs, row.amount])));
  const mirrored = rewards.filter((row) => row.type === 'MINING_EARN');
  expect(mirrored.every((row) => instants.has(JSON.stringify([row.minedAtMs, row.amount])))).toBe(true);
  await long.close();
});

test('amounts of 18 decimals and 20 digits are served exactly', async () => {
  const amounts = [
    '0.123456789012345678',
    '99999999999999999999.999999999999999999',
    '-0.000000000000000001',
    '9007199254740993',
  ];
  for (const amount of amounts)
    simulator.world.insertEarning(scope, { currency: 'XYZ', minedAtMs: NOON, amount });
  for (const form of ['number', 'string'] as const) {
    simulator.quirks.amounts = form;
    const items = await walk(simulator, 'earn/query', asked({ coinName: 'XYZ' }));
    expect(items.map((item) => item['amount']).sort()).toEqual([...amounts].sort());
  }
  expect(() =>
    simulator.world.insertEarning(scope, {
      currency: 'XYZ',
      minedAtMs: NOON,
      amount: '0.1234567890123456789',
    }),
  ).toThrow(RangeError);
});

test('a window serves exactly the rows between its ends', async () => {
  const reads: Record<string, (at: number, start: number, end: number) => boolean> = {
    inclusive: (at, start, end) => at >= start && at <= end,
    exclusive: (at, start, end) => at > start && at < end,
    'start-inclusive': (at, start, end) => at >= start && at < end,
    'end-inclusive': (at, start, end) => at > start && at <= end,
    'utc-days': (at, start, end) =>
      at >= Math.floor(start / DAY_MS) * DAY_MS && at < Math.floor(end / DAY_MS) * DAY_MS + DAY_MS,
    ignored: () => true,
  };
  const rows = simulator.world.earnings(scope);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...(Object.keys(reads) as (typeof simulator.quirks.bounds)[])),
      fc.integer({ min: -5, max: 60 }),
      fc.integer({ min: 0, max: 12 }),
      fc.constantFrom(-1, 0, 1),
      async (bounds, daysBack, days, nudge) => {
        simulator.quirks.bounds = bounds;
        const start = Math.floor(NOON / DAY_MS) * DAY_MS - daysBack * DAY_MS;
        const end = start + days * DAY_MS + Math.max(0, nudge);
        const from = start + Math.min(0, nudge);
        const items = await walk(simulator, 'earn/query', asked({ startTime: from, endTime: end }));
        const expected = rows.filter((row) => reads[bounds]!(row.minedAtMs, from, end));
        expect(multiset(items)).toEqual(multiset(expected.map(served)));
      },
    ),
    { numRuns: 40 },
  );
});

test('totals are the sums of the settled rows, to the last digit', async () => {
  simulator.world.insertEarning(scope, { currency: 'LTC', minedAtMs: NOON, amount: '0.000000000000000001' });
  const scaled = (text: string) => {
    const [integer = '', fraction = ''] = text.split('.');
    return BigInt(integer + fraction.padEnd(18, '0'));
  };
  const expected = new Map<bigint, bigint>();
  for (const key of simulator.world.scopes('main')) {
    for (const row of [...simulator.world.earnings(key), ...simulator.world.rewards(key)]) {
      if (row.currency !== 'LTC' || row.status !== 'SETTLED' || row.type === 'MINING_EARN') continue;
      expected.set(key.puid, (expected.get(key.puid) ?? 0n) + scaled(row.amount));
    }
  }
  const { data: total } = await call(simulator, 'user/earn', { coinName: 'LTC' });
  const { data: parts } = await call(simulator, 'sub-user/earn', { coinName: 'LTC' });
  const bySubAccount = (parts as { puid: string; amount: string }[]).map(
    (part) => [BigInt(part.puid), scaled(part.amount)] as const,
  );
  expect(scaled(total as string)).toBe([...expected.values()].reduce((sum, part) => sum + part, 0n));
  expect(new Map(bySubAccount.filter(([, amount]) => amount !== 0n))).toEqual(expected);
  expect(simulator.world.accountTotal('main', 'LTC')).toBe(total);
});

test('changes by a test are in the next answer', async () => {
  const { world } = simulator;
  const list = () => walk(simulator, 'earn/query', asked({ coinName: 'NEW' }));
  const rows = world.insertEarning(
    scope,
    { currency: 'NEW', minedAtMs: NOON, amount: '1', status: 'WAIT_SETTLE' },
    3,
  );
  expect(await list()).toHaveLength(3);
  world.withdraw(rows[0]!);
  world.amend(rows[1]!, {
    amount: '2.50',
    minedAtMs: NOON - 400 * DAY_MS,
    extra: '{"note":1.000000000000000000001}',
  });
  world.settle(rows[2]!, NOON + 5);
  expect(
    (await list()).map((item) => [item['amount'], item['miningDate'], item['status'], item['note']]),
  ).toEqual([
    ['1', String(NOON), 'SETTLED', undefined],
    ['2.5', String(NOON - 400 * DAY_MS), 'WAIT_SETTLE', '1.000000000000000000001'],
  ]);
  expect(world.accountTotal('main', 'NEW')).toBe('1');
  world.restore(rows[0]!);
  expect(await list()).toHaveLength(3);
  const raw = world.insertRaw('earnings', scope, NOON + 10 * DAY_MS, '"not a row"');
  const { data } = await call(simulator, 'earn/query', asked({ currentPage: 1, pageSize: 10 }));
  expect((data as PageData).items[0]).toBe('not a row');
  expect(world.earnings(scope)).not.toContain(raw);
  expect(world.rawItems('earnings', scope)).toEqual([raw]);
});

test('hundreds of rows of one instant are paged like any others', async () => {
  simulator.world.insertMany(
    'rewards',
    scope,
    Array.from({ length: 350 }, (_, index) => ({ currency: 'BTC', minedAtMs: NOON, amount: String(index) })),
  );
  const items = await walk(simulator, 'reward/query', asked({ startTime: NOON, endTime: NOON }));
  expect(new Set(items.map((item) => item['amount'])).size).toBe(350);
});
