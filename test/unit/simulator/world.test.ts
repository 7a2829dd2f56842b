import * as fc from 'fast-check';
import { DAY_MS } from '../../../src/core/day';
import type { SimIncome, NewIncome, SimScopeKey, World, WorldSpec } from '../../../src/simulator';
import { formatUnits, toUnits } from '../../../src/simulator/amounts';
import { rangeOf } from '../../../src/simulator/world/ledger';
import { DEFAULT_WORLD } from '../../../src/simulator/world/world-spec';
import { World as SeededWorld } from '../../../src/simulator/world/world';

const START = Date.UTC(2026, 10, 22, 12);
const COINS = ['BTC', 'LTC'] as const;

function createWorld(spec: Partial<WorldSpec> = {}): World {
  return new SeededWorld({
    seed: 1,
    startAtMs: START,
    spec: { ...DEFAULT_WORLD, days: 3, workersPerSubAccount: 1, ...spec },
  });
}

type Step =
  | { do: 'insert'; income: NewIncome; copies: number }
  | { do: 'amend'; which: number; patch: Partial<NewIncome> }
  | { do: 'withdraw' | 'restore' | 'settle'; which: number }
  | { do: 'live'; days: number };

const coin = fc.constantFrom(...COINS);
const instant = fc.integer({ min: -4, max: 4 }).map((day) => START + day * DAY_MS);
const amount = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }).map((units) => formatUnits(units));
const status = fc.constantFrom('SETTLED', 'WAIT_SETTLE');
const type = fc.constantFrom('REWARD_EARN', 'MINING_EARN');
const income: fc.Arbitrary<NewIncome> = fc
  .record({
    currency: coin,
    minedAtMs: instant,
    amount,
    status,
    type,
    settlesAfter: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ settlesAfter, ...fields }) => ({
    ...fields,
    ...(fields.status === 'WAIT_SETTLE' ? { settlesAtMs: START + settlesAfter * DAY_MS } : {}),
  }));
const which = fc.nat(1_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('insert' as const), income, copies: fc.integer({ min: 1, max: 4 }) }),
  fc.record({
    do: fc.constant('amend' as const),
    which,
    patch: fc.record({ currency: coin, minedAtMs: instant, amount }, { requiredKeys: [] }),
  }),
  fc.record({ do: fc.constantFrom('withdraw' as const, 'restore' as const, 'settle' as const), which }),
  fc.record({ do: fc.constant('live' as const), days: fc.integer({ min: 0, max: 3 }) }),
);

/** Sorted serial numbers: which rows, whatever their order. */
const serials = (rows: readonly SimIncome[]) => rows.map((row) => row.serial).sort((a, b) => a - b);

function checkAgainstModel(world: World, scope: SimScopeKey, model: readonly SimIncome[]): void {
  const live = model.filter((row) => row.live);
  const ledger = world.findScope(scope)!.ledgers.rewards;
  expect(serials(ledger.rows)).toEqual(serials(live));
  for (const name of COINS) {
    const ofCoin = live.filter((row) => row.currency === name);
    const view = ledger.view(name, []);
    expect(serials(view)).toEqual(serials(ofCoin));
    expect(serials(ledger.view(null, [name]))).toEqual(serials(live.filter((row) => row.currency !== name)));
    const { from, to } = rangeOf(view, START - DAY_MS, START + DAY_MS);
    const inRange = ofCoin.filter((row) => row.minedAtMs >= START - DAY_MS && row.minedAtMs < START + DAY_MS);
    expect(serials(view.slice(from, to))).toEqual(serials(inRange));
    const earned = ofCoin.filter((row) => row.status === 'SETTLED' && row.type !== 'MINING_EARN');
    const total = earned.reduce((sum, row) => sum + toUnits(row.amount), 0n);
    expect(world.subAccountTotal(scope.account, scope.puid, name)).toBe(formatUnits(total));
  }
}

test('the simulated ledger agrees with a plain list of its rows', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const world = createWorld({ algorithms: ['none'] });
      const scope: SimScopeKey = { account: 'main', puid: 7n, algo: 'none' };
      const model: SimIncome[] = [];
      let now = START;
      for (const each of steps) {
        const row = 'which' in each ? model[each.which % Math.max(1, model.length)] : undefined;
        if (each.do === 'insert') model.push(...world.insertReward(scope, each.income, each.copies));
        else if (each.do === 'live') world.liveUntil((now += each.days * DAY_MS));
        else if (row === undefined) continue;
        else if (each.do === 'amend') world.amend(row, each.patch);
        else if (each.do === 'withdraw') world.withdraw(row);
        else if (each.do === 'restore') world.restore(row);
        else world.settle(row);
      }
      if (model.length > 0) checkAgainstModel(world, scope, model);
    }),
    { numRuns: 300 },
  );
});

test('a pending row settles once, when its time comes', () => {
  const world = createWorld();
  const [scope] = world.scopes();
  const pending = {
    currency: 'X',
    minedAtMs: START,
    amount: '1',
    status: 'WAIT_SETTLE',
    settlesAtMs: START + DAY_MS,
  };
  const [free, settled, withdrawn] = world.insertEarning(scope!, pending, 3);
  world.settle(settled!, START + 5);
  world.withdraw(withdrawn!);
  world.liveUntil(START + DAY_MS - 1);
  expect(free).toMatchObject({ status: 'WAIT_SETTLE', settledAtMs: null });
  world.liveUntil(START + DAY_MS);
  expect(free).toMatchObject({ status: 'SETTLED', settledAtMs: START + DAY_MS });
  expect(settled).toMatchObject({ status: 'SETTLED', settledAtMs: START + 5 });
  expect(withdrawn).toMatchObject({ status: 'WAIT_SETTLE', live: false });
});

test('accounts may hold different data under one puid', () => {
  const world = createWorld({ accounts: 2, puidsOverlap: true });
  const [first, second] = [world.subAccounts('main'), world.subAccounts('farm-2')];
  expect(first.map(({ puid }) => puid)).toEqual(second.map(({ puid }) => puid));
  expect(first.map(({ pname }) => pname)).not.toEqual(second.map(({ pname }) => pname));
});

test('a world can be as large as configured', () => {
  const world = createWorld({
    accounts: 3,
    subAccountsPerAccount: 12,
    algorithms: ['SHA256d', 'X11'],
    workersPerSubAccount: 40,
  });
  expect(world.accounts.map(({ subAccounts }) => subAccounts.length)).toEqual([12, 12, 12]);
  expect(new Set(world.subAccounts('main').map(({ pname }) => pname)).size).toBe(12);
  expect(world.algorithms('farm-3')).toEqual(['SHA256d', 'X11']);
  const workers = world.scopes('main').flatMap((scope) => world.workers(scope));
  expect(workers.length).toBeGreaterThan(12 * 38);
});
