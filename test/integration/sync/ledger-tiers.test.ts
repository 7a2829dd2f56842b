/** What is read again each cycle, daily and weekly? */
import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { DAY_MS } from '../../../src/core/day';
import { keepDays } from '../../support/keep-days';
import { type LabScope, useLedgerLab, VERIFY } from '../../support/ledger-lab';
import { differenceOf } from '../../support/ledger-truth';
import type { RequestLogEntry } from '../../../src/simulator';
import { enforceRetention } from '../../../src/store/retention';

const lab = useLedgerLab();

async function scopeOf(count: number, pending: readonly number[] = []): Promise<LabScope> {
  const labScope = await lab.newScope('earnings');
  const today = Math.floor(lab.simulator.clock.now() / DAY_MS) * DAY_MS;
  lab.simulator.world.insertMany(
    'earnings',
    labScope.key,
    Array.from({ length: count }, (_, i) => ({
      currency: 'BTC',
      minedAtMs: today - (i + 1) * DAY_MS,
      amount: `0.${i + 1}9`,
      status: pending.includes(i) ? 'WAIT_SETTLE' : 'SETTLED',
    })),
  );
  return labScope;
}

async function requestsOf(work: () => Promise<{ outcome: string }>): Promise<readonly RequestLogEntry[]> {
  const before = lab.simulator.requests.count();
  expect((await work()).outcome).toBe('succeeded');
  return lab.simulator.requests.entries.slice(before);
}

test('a cycle costs one request, for the newest rows', async () => {
  const labScope = await scopeOf(400);
  await lab.sync(labScope);
  for (let cycle = 0; cycle < 3; cycle += 1) {
    await lab.advance(HOUR_MS);
    const requests = await requestsOf(() => lab.sync(labScope));
    expect(requests).toHaveLength(1);
    expect(Number(requests[0]?.params['endTime'])).toBeGreaterThan(lab.simulator.clock.now());
  }
});

test('a cycle still costs one request after 120 days', async () => {
  const labScope = await scopeOf(10);
  await lab.sync(labScope);
  for (let day = 0; day < 120; day += 1) {
    await lab.advance(DAY_MS - 60_000);
    lab.simulator.world.insertEarning(labScope.key, {
      currency: 'BTC',
      minedAtMs: Math.floor(lab.simulator.clock.now() / DAY_MS) * DAY_MS,
      amount: '1',
    });
    const requests = await requestsOf(() =>
      lab.sync(labScope, { tiers: { recentEveryMs: 400 * DAY_MS, fullEveryMs: 400 * DAY_MS } }),
    );
    expect(requests).toHaveLength(1);
  }
  const [newest] = await lab.sql<{ rows: number }[]>`
    SELECT row_count AS rows FROM sync.windows WHERE puid = ${String(labScope.scope.puid)} AND to_at = 'infinity'`;
  expect(newest?.rows).toBeLessThanOrEqual(80);
  await lab.expectTruth(labScope);
});

test('35 days are read again daily, everything weekly', async () => {
  const labScope = await scopeOf(500, [450]);
  await lab.sync(labScope);
  const { world } = lab.simulator;
  const [oldest, second] = world.earnings(labScope.key);
  const pending = world.earnings(labScope.key).find(({ status }) => status === 'WAIT_SETTLE');
  world.amend(oldest!, { amount: '77' });
  world.settle(pending!);
  await lab.advance(DAY_MS + HOUR_MS);
  const daily = await requestsOf(() => lab.sync(labScope));
  expect(daily.length).toBeLessThanOrEqual(4);
  const [settled] = await lab.sql<{ n: number }[]>`
    SELECT count(*)::int AS n FROM pool.earning_revisions
     WHERE puid = ${String(labScope.scope.puid)} AND change = 'settled'`;
  expect(settled?.n).toBe(1);
  await lab.advance(7 * DAY_MS);
  world.withdraw(second!);
  const weekly = await requestsOf(() => lab.sync(labScope));
  expect(weekly.length).toBeGreaterThanOrEqual(6);
  await lab.expectTruth(labScope);
});

test('a row pending for a year settles within a day', async () => {
  const labScope = await scopeOf(300, [299]);
  await lab.sync(labScope);
  const row = lab.simulator.world.earnings(labScope.key).find(({ status }) => status === 'WAIT_SETTLE');
  for (let month = 0; month < 12; month += 1) {
    await lab.advance(30 * DAY_MS);
    await lab.sync(labScope);
  }
  lab.simulator.world.amend(row!, {
    amount: '5.5',
    status: 'SETTLED',
    settledAtMs: lab.simulator.clock.now(),
  });
  await lab.advance(DAY_MS + HOUR_MS);
  expect((await lab.sync(labScope)).totals.changed).toBe(1);
  await lab.expectTruth(labScope);
});

test('kpool sync --from --to reads the windows of that span', async () => {
  const labScope = await scopeOf(400);
  await lab.sync(labScope);
  const [row, ...others] = [...lab.simulator.world.earnings(labScope.key)].reverse().slice(200);
  lab.simulator.world.amend(row!, { amount: '3' });
  lab.simulator.world.amend(others.at(-1)!, { amount: '4' });
  const span = { fromMs: row!.minedAtMs, toMs: row!.minedAtMs + DAY_MS };
  const requests = await requestsOf(() =>
    lab.sync(labScope, { request: { verifyBeforeMs: Infinity, span } }),
  );
  expect(requests).toHaveLength(1);
  expect(differenceOf(lab.truthOf(labScope), await lab.storedOf(labScope))).toHaveLength(2);
  await requestsOf(() => lab.sync(labScope, { request: VERIFY }));
  await lab.expectTruth(labScope);
});

test('an earlier HISTORY_START has older rows read', async () => {
  const labScope = await lab.newScope('earnings');
  for (const minedAtMs of [Date.UTC(2016, 4, 1), Date.UTC(2020, 4, 1)])
    lab.simulator.world.insertEarning(labScope.key, { currency: 'BTC', minedAtMs, amount: '1' });
  await lab.sync(labScope);
  expect(await lab.storedOf(labScope)).toHaveLength(1);
  await requestsOf(() => lab.sync(labScope, { tiers: { historyStartMs: Date.UTC(2015, 0, 1) } }));
  await lab.expectTruth(labScope);
});

test('P2 P11 certificates count every window without a gap', async () => {
  const labScope = await scopeOf(350);
  await lab.sync(labScope);
  const puid = String(labScope.scope.puid);
  const [state] = await lab.sql`
    SELECT bool_and(w.from_at = p.to_at) FILTER (WHERE p.to_at IS NOT NULL) AS contiguous,
           bool_and(w.verified_at IS NOT NULL) AS verified, sum(w.row_count)::int AS rows
      FROM (SELECT *, lag(from_at) OVER (ORDER BY from_at) FROM sync.windows WHERE puid = ${puid}) w
      LEFT JOIN sync.windows p ON p.puid = w.puid AND p.to_at = w.from_at`;
  expect(state).toEqual({ contiguous: true, verified: true, rows: 350 });
  const [certificates] = await lab.sql`
    SELECT sum(rows_served)::int AS served, sum(rows_landed)::int AS landed FROM sync.certificates WHERE puid = ${puid}`;
  expect(certificates).toEqual({ served: 350, landed: 350 });
});

test('P2 P3 unchanged windows get a new time, no new certificate', async () => {
  const labScope = await scopeOf(150);
  const puid = String(labScope.scope.puid);
  const stateSince = async (instant: string) => {
    const [state] = await lab.sql<{ certificates: number; areStamped: boolean; areProven: boolean }[]>`
      SELECT (SELECT count(*) FROM sync.certificates WHERE puid = ${puid})::int AS certificates,
             bool_and(verified_at >= ${instant}::text::timestamptz) AS "areStamped",
             bool_and(EXISTS (SELECT FROM sync.certificates c WHERE c.puid = w.puid AND c.from_at = w.from_at
                                 AND c.to_at = w.to_at AND c.content_hash = w.content_hash)) AS "areProven"
        FROM sync.windows w WHERE puid = ${puid}`;
    return state!;
  };
  const read = async () => {
    await lab.advance(HOUR_MS);
    const instant = await lab.now();
    expect((await lab.sync(labScope, { request: VERIFY })).outcome).toBe('succeeded');
    return stateSince(instant);
  };
  await lab.sync(labScope);
  const first = await read();
  expect(first).toMatchObject({ areStamped: true, areProven: true });
  expect(await read()).toEqual(first);
  const [row] = lab.simulator.world.insertEarning(labScope.key, {
    currency: 'BTC',
    minedAtMs: lab.simulator.clock.now() - 90 * DAY_MS,
    amount: '1',
  });
  expect(await read()).toEqual({ ...first, certificates: first.certificates + 1 });
  // A return to the earlier content is a change, too.
  lab.simulator.world.withdraw(row!);
  const last = await read();
  expect(last).toEqual({ ...first, certificates: first.certificates + 2 });
  // A certificate that a window still refers to is not removed.
  await enforceRetention(lab.client, keepDays({ runs: 1 }), lab.simulator.clock.now() + 400 * DAY_MS);
  const kept = await stateSince('-infinity');
  expect(kept).toEqual({ ...first, certificates: expect.any(Number) as number });
  expect(kept.certificates).toBeLessThan(last.certificates);
});
