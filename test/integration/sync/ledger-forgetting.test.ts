/** What happens to stored rows that the pool no longer lists? */
import { DAY_MS } from '../../../src/core/day';
import type { SimIncome } from '../../../src/simulator';
import { type LabScope, useLedgerLab, VERIFY } from '../../support/ledger-lab';

const lab = useLedgerLab();
afterEach(() => {
  lab.simulator.quirks.forgottenBeforeMs = null;
});

const yesterday = (): number => Math.floor(lab.simulator.clock.now() / DAY_MS) * DAY_MS - DAY_MS;

async function scopeOf(count: number): Promise<{ labScope: LabScope; rows: readonly SimIncome[] }> {
  const labScope = await lab.newScope('earnings');
  const rows = lab.simulator.world.insertMany(
    'earnings',
    labScope.key,
    Array.from({ length: count }, (_, i) => ({
      currency: 'BTC',
      minedAtMs: yesterday() - i * DAY_MS,
      amount: `0.${i + 1}7`,
    })),
  );
  expect((await lab.sync(labScope)).outcome).toBe('succeeded');
  return { labScope, rows };
}

const forgetAllBut = (days: number): void => {
  lab.simulator.quirks.forgottenBeforeMs = yesterday() - days * DAY_MS + DAY_MS;
};

async function verify(labScope: LabScope) {
  const { outcome, reason, totals } = await lab.sync(labScope, { request: VERIFY });
  return { outcome, reason, withdrawn: totals.withdrawn, changed: totals.changed, inserted: totals.inserted };
}

const UNCHANGED = { outcome: 'succeeded', reason: null, withdrawn: 0, changed: 0, inserted: 0 };

async function unservedOf({ scope }: LabScope): Promise<number> {
  const [rows] = await lab.sql<{ n: number }[]>`
    SELECT count(*)::int AS n FROM report.income_ledger
     WHERE puid = ${String(scope.puid)} AND unserved_at IS NOT NULL`;
  return rows?.n ?? -1;
}

async function changesOf({ scope }: LabScope): Promise<Record<string, number>> {
  const rows = await lab.sql<{ change: string; n: number }[]>`
    SELECT change, count(*)::int AS n FROM pool.earning_revisions
     WHERE puid = ${String(scope.puid)} AND change <> 'appeared' GROUP BY change`;
  return Object.fromEntries(rows.map(({ change, n }) => [change, n]));
}

test('P4 rows older than the list are kept and shown as unserved', async () => {
  const { labScope } = await scopeOf(300);
  forgetAllBut(120);
  expect(await verify(labScope)).toEqual(UNCHANGED);
  await lab.expectTruth(labScope);
  expect(await unservedOf(labScope)).toBe(180);
  expect(await verify(labScope)).toEqual(UNCHANGED);
  // The end of the list moves on, once by a single row.
  for (const days of [119, 100]) {
    forgetAllBut(days);
    expect(await verify(labScope)).toEqual(UNCHANGED);
    await lab.expectTruth(labScope);
    expect(await unservedOf(labScope)).toBe(300 - days);
  }
  const [freshness] = await lab.sql<{ unserved: number }[]>`
    SELECT unserved_rows::int AS unserved FROM report.data_freshness WHERE stream = 'earnings'`;
  expect(freshness?.unserved).toBe(200);
  expect(await changesOf(labScope)).toEqual({ unserved: 200 });
});

test('P4 rows that are served again are updated and withdrawn', async () => {
  const { labScope, rows } = await scopeOf(250);
  forgetAllBut(60);
  await verify(labScope);
  lab.simulator.quirks.forgottenBeforeMs = null;
  lab.simulator.world.amend(rows[200]!, { amount: '42' });
  expect(await verify(labScope)).toMatchObject({ outcome: 'succeeded', changed: 190 });
  expect(await unservedOf(labScope)).toBe(0);
  lab.simulator.world.withdraw(rows[180]!);
  expect(await verify(labScope)).toMatchObject({ outcome: 'succeeded', withdrawn: 1 });
  await lab.expectTruth(labScope);
  expect(await changesOf(labScope)).toEqual({ unserved: 190, served_again: 190, withdrawn: 1 });
});

test('P4 an unserved row is withdrawn once older ones are served', async () => {
  const { labScope, rows } = await scopeOf(200);
  forgetAllBut(60);
  await verify(labScope);
  lab.simulator.quirks.forgottenBeforeMs = null;
  lab.simulator.world.withdraw(rows[100]!);
  await verify(labScope);
  expect(await verify(labScope)).toMatchObject({ outcome: 'succeeded' });
  await lab.expectTruth(labScope);
});

test('P4 an empty answer hides no later withdrawal', async () => {
  const { labScope, rows } = await scopeOf(460);
  forgetAllBut(-3);
  expect(await verify(labScope)).toMatchObject({ outcome: 'partial', withdrawn: 0 });
  lab.simulator.quirks.forgottenBeforeMs = null;
  for (const row of rows.slice(300, 303)) lab.simulator.world.withdraw(row);
  expect(await verify(labScope)).toMatchObject({ outcome: 'succeeded', withdrawn: 3 });
  await lab.expectTruth(labScope);
});

test('P4 P11 an empty list changes nothing for seven days', async () => {
  const { labScope } = await scopeOf(88);
  forgetAllBut(-3);
  for (let day = 0; day < 7; day += 1) {
    const result = await lab.sync(labScope);
    expect(result).toMatchObject({ outcome: 'partial', totals: { withdrawn: 0 } });
    expect(result.reason).toMatch(/shows no row of a list that held 88/);
    expect(result.totals.requests).toBeLessThanOrEqual(3);
    expect(await unservedOf(labScope)).toBe(0);
    await lab.advance(DAY_MS);
  }
  await lab.expectTruth(labScope);
  // After seven days the rows are unserved: they still count as income.
  expect(await lab.sync(labScope)).toMatchObject({ outcome: 'succeeded', totals: { withdrawn: 0 } });
  expect(await unservedOf(labScope)).toBe(88);
  await lab.expectTruth(labScope);
});

test('P4 seven days of empty answers withdraw no row', async () => {
  const { labScope } = await scopeOf(5);
  // A row dated in the future is queried, too.
  lab.simulator.world.insertEarning(labScope.key, {
    currency: 'BTC',
    minedAtMs: yesterday() + 2 * DAY_MS,
    amount: '3',
  });
  expect((await lab.sync(labScope)).totals.inserted).toBe(1);
  lab.simulator.quirks.forgottenBeforeMs = yesterday() + 30 * DAY_MS;
  for (let day = 0; day < 8; day += 1) {
    expect((await lab.sync(labScope)).totals.withdrawn).toBe(0);
    await lab.advance(DAY_MS);
  }
  expect(await unservedOf(labScope)).toBe(6);
  await lab.expectTruth(labScope);
});

test('P4 days without an answer do not count as empty', async () => {
  const { labScope } = await scopeOf(20);
  forgetAllBut(-3);
  for (let look = 0; look < 4; look += 1) {
    expect((await lab.sync(labScope)).outcome).toBe('partial');
    await lab.advance(4 * DAY_MS);
  }
});

test('P4 young rows are withdrawn once a person accepts it', async () => {
  const { labScope, rows } = await scopeOf(6);
  for (const row of rows) lab.simulator.world.withdraw(row);
  expect(await verify(labScope)).toMatchObject({ outcome: 'partial', withdrawn: 0 });
  const { outcome, totals } = await lab.sync(labScope, { request: { ...VERIFY, acceptEmpty: true } });
  expect([outcome, totals.withdrawn]).toEqual(['succeeded', 6]);
  await lab.expectTruth(labScope);
});

test('P4 rows that vanish among served ones are withdrawn', async () => {
  const { labScope, rows } = await scopeOf(200);
  const { world } = lab.simulator;
  for (const row of rows.slice(20, 40)) world.withdraw(row);
  expect(await verify(labScope)).toMatchObject({ outcome: 'succeeded', withdrawn: 20 });
  await lab.expectTruth(labScope);
  forgetAllBut(100);
  world.withdraw(rows[50]!);
  expect(await verify(labScope)).toMatchObject({ outcome: 'succeeded', withdrawn: 1 });
  await lab.expectTruth(labScope);
});

test('P4 a young row that vanishes as the oldest is withdrawn', async () => {
  const { labScope, rows } = await scopeOf(6);
  lab.simulator.world.withdraw(rows[5]!);
  expect(await verify(labScope)).toMatchObject({ outcome: 'succeeded', withdrawn: 1 });
  await lab.expectTruth(labScope);
});
