/** Is a ledger complete, however a pool sorts, pages, counts and bounds its lists? */
import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { DAY_MS } from '../../../src/core/day';
import type { Fault, SimIncome, Quirks } from '../../../src/simulator';
import { WHAT_IS_DUE } from '../../../src/sync/ledger/sync-ledger-scope';
import { type LabScope, LedgerLab, useLedgerLab, VERIFY, YESTERDAY } from '../../support/ledger-lab';
import { differenceOf } from '../../support/ledger-truth';

const lab = useLedgerLab();

/** Shorter than usual, because spans before the oldest row all behave alike. */
const SHORT = { historyStartMs: YESTERDAY - 600 * DAY_MS };

interface ScopeWithRows {
  readonly labScope: LabScope;
  readonly rows: readonly SimIncome[];
}

async function scopeOf(
  count: number,
  at: (i: number) => number = (i) => YESTERDAY - i * DAY_MS,
): Promise<ScopeWithRows> {
  const labScope = await lab.newScope('rewards');
  const rows = lab.simulator.world.insertMany(
    'rewards',
    labScope.key,
    Array.from({ length: count }, (_, i) => ({ currency: 'BTC', minedAtMs: at(i), amount: `0.${i + 1}7` })),
  );
  return { labScope, rows };
}

/** Expects the ledger to be true after a first sync, and after changes and a sync that reads everything again. */
async function expectTruthUnder(quirks: Partial<Quirks>, { labScope, rows }: ScopeWithRows): Promise<void> {
  Object.assign(lab.simulator.quirks, quirks);
  const first = await lab.sync(labScope, { tiers: SHORT });
  expect([first.outcome, first.reason]).toEqual(['succeeded', null]);
  await lab.expectTruth(labScope);
  const { world } = lab.simulator;
  if (rows.length > 3) {
    world.withdraw(rows[1]!);
    world.amend(rows[2]!, { amount: '42' });
    world.insertReward(labScope.key, { currency: 'LTC', minedAtMs: rows[3]!.minedAtMs, amount: '1' }, 2);
  }
  const second = await lab.sync(labScope, { request: VERIFY, tiers: SHORT });
  expect([second.outcome, second.reason]).toEqual(['succeeded', null]);
  await lab.expectTruth(labScope);
}

const READINGS: Readonly<Record<string, Partial<Quirks>>> = {
  'sorts oldest first': { order: 'asc' },
  'sorts newest first, equal instants in any order': { order: 'unstable-ties' },
  'serves rows in no order': { order: 'unstable' },
  'serves 50 rows a page at most, and says so': { pageSizeCap: 50 },
  'serves 50 rows a page at most, and claims more': { pageSizeCap: 50, pageSizeAdmitted: false },
  'serves 10 rows a page at most, oldest first': { pageSizeCap: 10, pageSizeAdmitted: false, order: 'asc' },
  'includes neither end of the bounds': { bounds: 'exclusive' },
  'includes the start only': { bounds: 'start-inclusive' },
  'includes the end only': { bounds: 'end-inclusive' },
  'compares days only': { bounds: 'utc-days' },
  'compares days of UTC+8 only': { bounds: 'utc8-days' },
  'selects rows by when they were settled': { boundsOn: 'settled' },
  'reads bounds as times of UTC+8': { boundsShiftMs: 8 * HOUR_MS },
  'reads bounds as times of UTC-8': { boundsShiftMs: -8 * HOUR_MS },
  'ignores the bounds': { bounds: 'ignored' },
  'ignores the bounds and sorts oldest first': { bounds: 'ignored', order: 'asc' },
  'serves only 7 days without a start': { unboundedDays: 7 },
  'refuses spans of more than a year': { maxSpanDays: 366 },
  'refuses spans of more than a month': { maxSpanDays: 31 },
  'serves its last page for one beyond the end': { beyondEnd: 'last' },
  'serves its first page for one beyond the end': { beyondEnd: 'first' },
  'serves its last page again under the next number': { beyondEnd: 'last-in-disguise' },
  'refuses a page beyond the end': { beyondEnd: 'refused' },
  'answers null if there are no rows': { noRows: 'null' },
  'answers {} if there are no rows, and refuses long spans': { noRows: 'object', maxSpanDays: 200 },
  'answers [] if there are no rows': { noRows: 'list' },
  'leaves data out if there are no rows': { noRows: 'absent' },
  'gives null as the count': { totalNum: 'null' },
  'leaves the count out, and serves 20 rows a page': { totalNum: 'absent', pageSizeCap: 20 },
  'leaves the count out, and serves its last page again': {
    totalNum: 'absent',
    beyondEnd: 'last-in-disguise',
  },
  'refuses ends in the future': { futureEnds: 'refused' },
  'refuses ends in the future and spans of a third of a year': { futureEnds: 'refused', maxSpanDays: 120 },
  'always gives 10 as the page size': { pageSizeSays: 'ten' },
  'gives the number of rows as the page size': { pageSizeSays: 'rows' },
};

describe.each(Object.entries(READINGS))('P2 a pool that %s', (_, quirks) => {
  test('is read completely with a row a day', async () => {
    await expectTruthUnder(quirks, await scopeOf(230));
  });

  test('is read completely with a gap of more than a year', async () => {
    await expectTruthUnder(quirks, await scopeOf(120, (i) => YESTERDAY - (i < 60 ? i : i + 400) * DAY_MS));
  });
});

test.each([8, -8])('P2 bounds read as UTC%d cost two pages a cycle', async (hours) => {
  const { labScope, rows } = await scopeOf(230, (i) => YESTERDAY - i * DAY_MS + (i % 3) * 5 * HOUR_MS);
  lab.simulator.quirks.boundsShiftMs = hours * HOUR_MS;
  for (const request of [WHAT_IS_DUE, VERIFY, VERIFY]) {
    const result = await lab.sync(labScope, { request });
    expect([result.outcome, result.reason, result.totals.withdrawn]).toEqual(['succeeded', null, 0]);
    await lab.expectTruth(labScope);
  }
  const before = lab.simulator.requests.count();
  expect((await lab.sync(labScope)).outcome).toBe('succeeded');
  expect(lab.simulator.requests.count() - before).toBeLessThanOrEqual(2);
  lab.simulator.world.withdraw(rows[100]!);
  expect((await lab.sync(labScope, { request: VERIFY })).totals.withdrawn).toBe(1);
  await lab.expectTruth(labScope);
});

test('P2 rows that the pool selects by settle time are all stored', async () => {
  const labScope = await lab.newScope('earnings');
  lab.simulator.quirks.boundsOn = 'settled';
  const rows = lab.simulator.world.insertMany(
    'earnings',
    labScope.key,
    Array.from({ length: 320 }, (_, i) => {
      const minedAtMs = YESTERDAY - (9 + i) * DAY_MS;
      return { currency: 'BTC', minedAtMs, settledAtMs: minedAtMs + (1 + (i % 7)) * DAY_MS + 1, amount: '1' };
    }),
  );
  for (const request of [WHAT_IS_DUE, VERIFY, VERIFY]) {
    const result = await lab.sync(labScope, { request });
    expect([result.outcome, result.reason, result.totals.withdrawn]).toEqual(['succeeded', null, 0]);
    await lab.expectTruth(labScope);
  }
  lab.simulator.world.withdraw(rows[100]!);
  expect((await lab.sync(labScope, { request: VERIFY })).totals.withdrawn).toBe(1);
  await lab.expectTruth(labScope);
});

test('P2 windows are tried weekly after bounds were ignored', async () => {
  const { labScope } = await scopeOf(230);
  lab.simulator.quirks.bounds = 'ignored';
  expect((await lab.sync(labScope)).outcome).toBe('succeeded');
  lab.simulator.quirks.bounds = 'inclusive';
  await lab.advance(8 * DAY_MS);
  expect((await lab.sync(labScope)).outcome).toBe('succeeded');
  const before = lab.simulator.requests.count();
  expect((await lab.sync(labScope)).outcome).toBe('succeeded');
  expect(lab.simulator.requests.count() - before).toBe(1);
  await lab.expectTruth(labScope);
});

test.each(['last', 'first', 'last-in-disguise', 'refused'] as const)(
  'P2 10 to 100 rows take four requests if page 2 is %s',
  async (beyondEnd) => {
    for (const count of [10, 50, 99, 100]) {
      Object.assign(lab.simulator.quirks, { beyondEnd });
      const { labScope } = await scopeOf(count);
      const before = lab.simulator.requests.count();
      const result = await lab.sync(labScope);
      expect([result.outcome, result.reason]).toEqual(['succeeded', null]);
      await lab.expectTruth(labScope);
      expect(lab.simulator.requests.count() - before).toBeLessThanOrEqual(4);
    }
  },
);

test('P2 a scope without rows is empty, not malformed', async () => {
  for (const noRows of ['null', 'object', 'list', 'absent'] as const) {
    Object.assign(lab.simulator.quirks, { noRows });
    const { labScope } = await scopeOf(0);
    const result = await lab.sync(labScope);
    expect([result.outcome, result.reason, result.totals.rowsRead]).toEqual(['succeeded', null, 0]);
    await scopeOf(30);
  }
});

test('a refused end in the future is found once for all scopes', async () => {
  const fresh = await LedgerLab.open(lab.databaseUrl, {}, 'of today');
  try {
    fresh.simulator.quirks.futureEnds = 'refused';
    const requests: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      const labScope = await fresh.newScope('earnings');
      fresh.simulator.world.insertEarning(
        { ...labScope.key, account: 'main' },
        { currency: 'BTC', minedAtMs: YESTERDAY, amount: '2' },
      );
      const before = fresh.simulator.requests.count();
      const result = await fresh.sync(labScope);
      expect([result.outcome, result.reason]).toEqual(['succeeded', null]);
      requests.push(fresh.simulator.requests.count() - before);
      expect(result.totals.inserted).toBe(1);
    }
    expect(requests[0]! - requests[1]!).toBe(3);
    expect(requests[1]).toBe(requests[2]);
  } finally {
    await fresh.close();
  }
});

test.each(['ten', 'rows'] as const)(
  'a page that gives its size as %s costs one request a cycle',
  async (pageSizeSays) => {
    const { labScope } = await scopeOf(43);
    Object.assign(lab.simulator.quirks, { pageSizeSays });
    await lab.sync(labScope);
    const before = lab.simulator.requests.count();
    expect((await lab.sync(labScope)).outcome).toBe('succeeded');
    expect(lab.simulator.requests.count() - before).toBe(1);
  },
);

test.each(['inserted-asc', 'inserted-desc'] as const)(
  'P2 a late row far from its day (%s) is not missed',
  async (order) => {
    const { labScope } = await scopeOf(
      230,
      (i) => YESTERDAY - (order === 'inserted-asc' ? 229 - i : i) * DAY_MS,
    );
    Object.assign(lab.simulator.quirks, { order });
    // It was recorded last, so it is at the wrong end of the list.
    const late = order === 'inserted-asc' ? 200 : 3;
    lab.simulator.world.insertReward(labScope.key, {
      currency: 'BTC',
      minedAtMs: YESTERDAY - late * DAY_MS,
      amount: '9',
    });
    expect((await lab.sync(labScope)).outcome).toBe('succeeded');
    await lab.expectTruth(labScope);
  },
);

test.each([1, 99, 100, 101, 230, 450])('P2 %i rows of one instant are all stored', async (count) => {
  await expectTruthUnder({}, await scopeOf(count, () => YESTERDAY + 1));
});

test.each([
  ['newest first', {}, 14, 1],
  ['oldest first', { order: 'asc' }, 14, 1],
  ['by days', { bounds: 'utc-days' }, 20, 5],
] as const)('P2 150 rows of one midnight are paged once, served %s', async (_, quirks, first, cycle) => {
  Object.assign(lab.simulator.quirks, quirks);
  const { labScope } = await scopeOf(170, (i) => YESTERDAY - (i < 20 ? i : 10) * DAY_MS);
  for (const most of [first, cycle]) {
    const before = lab.simulator.requests.count();
    const result = await lab.sync(labScope);
    expect([result.outcome, result.reason]).toEqual(['succeeded', null]);
    await lab.expectTruth(labScope);
    expect(lab.simulator.requests.count() - before).toBeLessThanOrEqual(most);
  }
});

test.each([170, 350, 950])('P11 %i rows in a changing order end as partial soon', async (count) => {
  Object.assign(lab.simulator.quirks, { order: 'unstable-ties' });
  const { labScope } = await scopeOf(count, () => YESTERDAY + 1);
  const before = lab.simulator.requests.count();
  const result = await lab.sync(labScope);
  expect([result.outcome, result.reason]).toEqual(['partial', 'no two passes over its pages agree']);
  // Three passes over pages of at least 86 rows, and the requests that find out that all rows share one instant.
  expect(lab.simulator.requests.count() - before).toBeLessThanOrEqual(3 * Math.ceil(count / 86) + 6);
  const missing = differenceOf(lab.truthOf(labScope), await lab.storedOf(labScope));
  expect(missing.filter((line) => line.startsWith('only in the database'))).toEqual([]);
});

test('P2 hundreds of rows of one day and instant are stored', async () => {
  const { labScope, rows } = await scopeOf(430, (i) => YESTERDAY + (i % 3 === 0 ? 5 : i * 60_000));
  await expectTruthUnder({}, { labScope, rows });
  await expectTruthUnder({ bounds: 'utc-days' }, { labScope, rows: rows.slice(10, 14) });
});

test('P2 equal rows are stored as often as the pool serves them', async () => {
  const { labScope } = await scopeOf(0);
  const { world } = lab.simulator;
  world.insertReward(labScope.key, { currency: 'BTC', minedAtMs: YESTERDAY, amount: '1' }, 240);
  expect((await lab.sync(labScope)).outcome).toBe('succeeded');
  await lab.expectTruth(labScope);
  for (const row of world.rewards(labScope.key).slice(0, 90)) world.withdraw(row);
  expect((await lab.sync(labScope, { request: VERIFY })).outcome).toBe('succeeded');
  await lab.expectTruth(labScope);
});

test('P2 one row among 150 equal ones in no order is stored', async () => {
  Object.assign(lab.simulator.quirks, { order: 'unstable-ties' });
  for (let n = 0; n < 5; n += 1) {
    const { labScope } = await scopeOf(1, () => YESTERDAY);
    lab.simulator.world.insertReward(
      labScope.key,
      { currency: 'BTC', minedAtMs: YESTERDAY, amount: '1' },
      150,
    );
    const result = await lab.sync(labScope);
    const missing = differenceOf(lab.truthOf(labScope), await lab.storedOf(labScope));
    if (result.outcome === 'succeeded') expect(missing).toEqual([]);
    expect(missing.filter((line) => line.startsWith('only in the database'))).toEqual([]);
  }
});

const LIES: Readonly<Record<string, Partial<Quirks>>> = {
  'counts one row too many': { totalNum: 1 },
  'counts one row too few': { totalNum: -1 },
  'counts a thousand rows too many': { totalNum: 1_000 },
  'serves its first page empty': { emptyPage: 1 },
  'serves its second page empty': { emptyPage: 2 },
  'serves its first page again as its second': { repeatedPage: 2 },
  'counts only its page, and serves its first page again as its second': {
    totalNum: 'of-page',
    repeatedPage: 2,
  },
  'counts too many, and serves its last page for one beyond the end': { totalNum: 3, beyondEnd: 'last' },
  'counts too many, and refuses a page beyond the end': { totalNum: 30, beyondEnd: 'refused' },
};

describe.each(Object.entries(LIES))('P11 a pool that %s', (_, quirks) => {
  test.each([
    ['a row a day', 230, (i: number) => YESTERDAY - i * DAY_MS],
    ['hundreds on one instant', 230, () => YESTERDAY],
    ['a few', 20, (i: number) => YESTERDAY - i * DAY_MS],
  ] as const)('is believed unless it contradicts itself: %s', async (_name, count, at) => {
    const { labScope } = await scopeOf(count, at);
    Object.assign(lab.simulator.quirks, quirks);
    const result = await lab.sync(labScope);
    const missing = differenceOf(lab.truthOf(labScope), await lab.storedOf(labScope));
    if (result.outcome === 'succeeded') expect(missing).toEqual([]);
    else expect(result.outcome).toBe('partial');
    expect(missing.filter((line) => line.startsWith('only in the database'))).toEqual([]);
    lab.restoreQuirks();
    expect((await lab.sync(labScope)).outcome).toBe('succeeded');
    await lab.expectTruth(labScope);
  });
});

test('P11 a count of the page alone hides no row on short pages', async () => {
  const { labScope } = await scopeOf(230);
  Object.assign(lab.simulator.quirks, { pageSizeCap: 50, pageSizeAdmitted: false });
  const stop = lab.simulator.faults.when(() => ({
    kind: 'rewrite',
    rewrite: (json) => json.replace(/"totalNum":\d+/, `"totalNum":${json.split('"amount"').length - 1}`),
  }));
  const result = await lab.sync(labScope);
  stop();
  expect([result.outcome, result.reason]).toEqual(['succeeded', null]);
  await lab.expectTruth(labScope);
});

test('P4 a single empty answer withdraws nothing', async () => {
  const { labScope } = await scopeOf(30);
  await lab.sync(labScope);
  const nothing: Fault = {
    kind: 'rewrite',
    rewrite: (json) => json.replace(/"items":\[.*\]/, '"items":[]').replace(/"totalNum":\d+/, '"totalNum":0'),
  };
  lab.simulator.faults.next('reward/query', nothing);
  const result = await lab.sync(labScope, { request: VERIFY });
  expect([result.outcome, result.totals.withdrawn]).toEqual(['succeeded', 0]);
  await lab.expectTruth(labScope);
});

test('P4 answers that never agree withdraw nothing', async () => {
  const { labScope } = await scopeOf(30);
  await lab.sync(labScope);
  let n = 0;
  const stop = lab.simulator.faults.when(() => ({
    kind: 'rewrite',
    rewrite: (json) => {
      const items = json.match(/\{"amount".*?\}/g) ?? [];
      const served = items.filter((_, i) => i !== n % items.length);
      n += 1;
      return json
        .replace(/"items":\[.*\]/, `"items":[${served.join(',')}]`)
        .replace(/"totalNum":\d+/, `"totalNum":${served.length}`);
    },
  }));
  const result = await lab.sync(labScope, { request: VERIFY });
  stop();
  expect([result.outcome, result.totals.withdrawn]).toEqual(['partial', 0]);
  await lab.expectTruth(labScope);
});

test('a scope that the pool refuses fails after three requests', async () => {
  const { labScope } = await scopeOf(3);
  const stop = lab.simulator.faults.when(() => ({ kind: 'code', code: '400100' }));
  const before = lab.simulator.requests.count();
  const result = await lab.sync(labScope);
  stop();
  expect([result.outcome, result.error?.code]).toEqual(['failed', 'pool.parameter']);
  expect(lab.simulator.requests.count() - before).toBe(3);
  expect((await lab.sync(labScope)).outcome).toBe('succeeded');
  await lab.expectTruth(labScope);
});
