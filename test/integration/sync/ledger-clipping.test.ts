/** Is a ledger complete if the pool answers long spans only in part, or repeats old answers? */
import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { DAY_MS, startOfUtcDay } from '../../../src/core/day';
import { LAB_START, type LabScope, type LabSync, useLedgerLab, VERIFY } from '../../support/ledger-lab';

const lab = useLedgerLab();
/** Yesterday, by the pool's clock. */
const yesterday = (): number => startOfUtcDay(lab.simulator.clock.now()) - DAY_MS;

function insert(labScope: LabScope, days: readonly number[], perDay = 1): void {
  lab.simulator.world.insertMany(
    'rewards',
    labScope.key,
    days.flatMap((day) =>
      Array.from({ length: perDay }, (_, i) => ({
        currency: 'BTC',
        minedAtMs: yesterday() - day * DAY_MS + i * HOUR_MS,
        amount: `0.${i}${1 + Math.abs(day)}7`,
      })),
    ),
  );
}

async function scopeOf(days: readonly number[], perDay = 1): Promise<LabScope> {
  const labScope = await lab.newScope('rewards');
  insert(labScope, days, perDay);
  return labScope;
}

const daysFrom = (first: number, end: number): number[] =>
  Array.from({ length: end - first }, (_, i) => first + i);

/** Shorter than usual: a history in spans of a few days takes many requests. */
const historyOf = (days: number) => ({
  historyStartMs: startOfUtcDay(LAB_START) - days * DAY_MS,
});
const tiers = historyOf(450);

async function expectSuccess(labScope: LabScope, options: LabSync = {}) {
  const result = await lab.sync(labScope, { tiers, ...options });
  expect([result.outcome, result.reason]).toEqual(['succeeded', null]);
  await lab.expectTruth(labScope);
  return result;
}

async function requestsOf(work: () => Promise<unknown>): Promise<number> {
  const before = lab.simulator.requests.count();
  await work();
  return lab.simulator.requests.count() - before;
}

describe.each([7, 30])('P2 a pool that serves only the last %i days of a wide span', (days) => {
  beforeEach(() => {
    lab.simulator.quirks.clippedSpan = { days, keeps: 'last' };
  });

  const short = { tiers: historyOf(240) };

  test('is read completely if the mining paused for longer', async () => {
    const labScope = await scopeOf([...daysFrom(0, 60), ...daysFrom(90 + days, 200 + days)]);
    await expectSuccess(labScope, short);
    expect((await expectSuccess(labScope, { ...short, request: VERIFY })).totals).toMatchObject({
      inserted: 0,
      changed: 0,
    });
  });

  test('is read completely if all income is older', async () => {
    await expectSuccess(await scopeOf(daysFrom(days + 10, 200)), short);
  });

  test('is read completely with several rows a day and a pause', async () => {
    const labScope = await scopeOf([...daysFrom(0, days + 20), ...daysFrom(130 + days, 150 + days)], 3);
    await expectSuccess(labScope, short);
  });

  test('P4 loses no row when newer rows fill the span', async () => {
    const labScope = await scopeOf(daysFrom(0, days - 4));
    await expectSuccess(labScope, short);
    for (let month = 1; month <= 2; month += 1) {
      await lab.advance(20 * DAY_MS);
      insert(labScope, daysFrom(0, 20));
      expect((await expectSuccess(labScope, short)).totals.withdrawn).toBe(0);
      const again = await expectSuccess(labScope, { ...short, request: VERIFY });
      expect(again.totals.withdrawn).toBe(0);
    }
  });
});

test('P2 a pool that cuts the end of wide spans is read completely', async () => {
  lab.simulator.quirks.clippedSpan = { days: 30, keeps: 'first' };
  await expectSuccess(await scopeOf(daysFrom(0, 400)));
});

test('P2 P4 a pool of 100 rows a query is read completely', async () => {
  lab.simulator.quirks.maxRows = 100;
  const labScope = await scopeOf(daysFrom(0, 200), 2);
  await expectSuccess(labScope);
  insert(labScope, [3, 3, 50, 50, 51, 120, 120, 121, 190]);
  expect((await expectSuccess(labScope, { request: VERIFY })).totals.withdrawn).toBe(0);
});

test('the span limit is found once for all scopes of an account', async () => {
  lab.simulator.quirks.clippedSpan = { days: 30, keeps: 'last' };
  const labScope = await scopeOf(daysFrom(0, 100));
  const first = await requestsOf(() => expectSuccess(labScope));
  expect(await requestsOf(() => expectSuccess(labScope))).toBe(1);
  const other = await scopeOf([...daysFrom(0, 20), ...daysFrom(300, 320)]);
  expect(await requestsOf(() => expectSuccess(other))).toBeLessThan(first);
  expect(await requestsOf(() => expectSuccess(other))).toBe(1);
});

test('P2 a window wider than a limit found later is read again', async () => {
  lab.simulator.quirks.clippedSpan = { days: 30, keeps: 'last' };
  // Nothing shows that the older rows are left out.
  const early = await scopeOf([...daysFrom(0, 20), ...daysFrom(300, 320)]);
  await lab.sync(early, { tiers });
  await expectSuccess(await scopeOf(daysFrom(0, 100)));
  await expectSuccess(early);
});

test('a refused span is not tried again', async () => {
  lab.simulator.quirks.maxSpanDays = 200;
  const labScope = await scopeOf(daysFrom(0, 300));
  await expectSuccess(labScope);
  const refused = (): number =>
    lab.simulator.requests.entries.filter(
      ({ params }) => Number(params['endTime']) - Number(params['startTime']) > 200 * DAY_MS,
    ).length;
  const before = refused();
  expect(before).toBeGreaterThan(0);
  await expectSuccess(labScope, { request: VERIFY });
  await expectSuccess(await scopeOf(daysFrom(0, 30)));
  expect(refused()).toBe(before);
});

/** Repeats the previous answer for `times` requests, from the nth on. */
function repeatAnswers(nth: number, times: number): void {
  let request = 0;
  let sound: string | null = null;
  lab.simulator.faults.when(() => ({
    kind: 'rewrite',
    rewrite: (json) => {
      request += 1;
      if (request >= nth && request < nth + times && sound !== null) return sound;
      sound = json;
      return json;
    },
  }));
}

test.each([
  [2, 1],
  [2, 2],
  [4, 2],
  [6, 2],
  [3, 1],
])('P4 stale answers from request %i on, %i times, hide no row', async (nth, times) => {
  const labScope = await scopeOf(daysFrom(0, 400));
  await expectSuccess(labScope);
  repeatAnswers(nth, times);
  const result = await lab.sync(labScope, { tiers, request: VERIFY });
  expect(result.totals.withdrawn).toBe(0);
  lab.simulator.faults.clear();
  await lab.expectTruth(labScope);
});

test('P2 an empty first answer is believed after a second', async () => {
  const labScope = await scopeOf(daysFrom(0, 90));
  lab.simulator.faults.next('reward/query', {
    kind: 'rewrite',
    rewrite: (json) =>
      json.replace(/"items":\[.*\]/, '"items":[]').replace(/"total(Num|Page)":\d+/g, '"total$1":0'),
  });
  await expectSuccess(labScope);
});

test('P2 P4 a count of the page alone hides no row', async () => {
  Object.assign(lab.simulator.quirks, { totalNum: 'of-page', pageSizeCap: 20, pageSizeAdmitted: false });
  const labScope = await scopeOf(daysFrom(49, 59));
  await expectSuccess(labScope);
  insert(labScope, daysFrom(0, 49));
  expect((await expectSuccess(labScope)).totals.withdrawn).toBe(0);
});

test('P4 a count of the page alone withdraws no row', async () => {
  const labScope = await scopeOf(daysFrom(0, 60));
  await expectSuccess(labScope);
  Object.assign(lab.simulator.quirks, { totalNum: 'of-page', pageSizeCap: 20, pageSizeAdmitted: false });
  const stop = lab.simulator.faults.when(() => ({
    kind: 'rewrite',
    rewrite: (json) => json.replace(/"totalPage":\d+/, '"totalPage":null'),
  }));
  expect((await expectSuccess(labScope, { request: VERIFY })).totals.withdrawn).toBe(0);
  stop();
});

test('a withdrawn row costs two requests more', async () => {
  const labScope = await scopeOf(daysFrom(0, 30));
  expect(await requestsOf(() => expectSuccess(labScope))).toBeLessThanOrEqual(3);
  expect(await requestsOf(() => expectSuccess(labScope))).toBe(1);
  lab.simulator.world.withdraw(lab.simulator.world.rewards(labScope.key)[7]!);
  expect(await requestsOf(() => expectSuccess(labScope))).toBe(3);
});

test('a scope without rows costs one request a visit', async () => {
  const labScope = await scopeOf([]);
  await expectSuccess(labScope);
  const requests: number[] = [];
  for (let day = 0; day < 15; day += 1) {
    await lab.advance(DAY_MS);
    requests.push(await requestsOf(() => expectSuccess(labScope)));
  }
  expect(requests.filter((count) => count === 1)).toHaveLength(13);
  expect(requests.filter((count) => count === 2)).toHaveLength(2);
});

test('many withdrawn rows have everything paged only once', async () => {
  const labScope = await scopeOf(daysFrom(0, 440));
  await expectSuccess(labScope);
  const rows = lab.simulator.world.rewards(labScope.key);
  for (let n = 5; n < 440; n += 20) lab.simulator.world.withdraw(rows[n]!);
  let withdrawn = 0;
  const requests = await requestsOf(async () => {
    withdrawn = (await expectSuccess(labScope, { request: VERIFY })).totals.withdrawn;
  });
  expect(withdrawn).toBe(22);
  // Each of five windows or more is read and confirmed, and everything is paged once.
  expect(requests).toBeLessThan(70);
});

test('ignored bounds cost one request a cycle for a single page', async () => {
  lab.simulator.quirks.bounds = 'ignored';
  const labScope = await scopeOf(daysFrom(0, 50));
  await expectSuccess(labScope);
  expect(await requestsOf(() => expectSuccess(labScope))).toBe(1);
});
