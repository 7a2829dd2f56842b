import type { LedgerRow } from '../../../src/simulator';
import { LedgerLab, VERIFY, type LabScope } from '../../support/ledger-lab';
import { differenceOf } from '../../support/ledger-truth';
import { useTestDatabase } from '../../support/test-database';

let lab: LedgerLab;
afterAll(() => lab.close());
const database = useTestDatabase();
beforeAll(async () => {
  lab = await LedgerLab.open(database.url);
});
afterEach(() => {
  lab.simulator.quirks.forgottenBeforeMs = null;
});

const DAY_MS = 86_400_000;
const yesterday = (): number => Math.floor(lab.simulator.clock.now() / DAY_MS) * DAY_MS - DAY_MS;

async function scopeOf(count: number): Promise<{ place: LabScope; rows: readonly LedgerRow[] }> {
  const place = await lab.newScope('earnings');
  const rows = lab.simulator.world.insertMany(
    'earnings',
    place.key,
    Array.from({ length: count }, (_, i) => ({
      ...{ currency: 'BTC', minedAtMs: yesterday() - i * DAY_MS, amount: `0.${i + 1}7` },
    })),
  );
  expect((await lab.sync(place)).outcome).toBe('succeeded');
  return { place, rows };
}

const forgetAllBut = (days: number): void => {
  lab.simulator.quirks.forgottenBeforeMs = yesterday() - days * DAY_MS + DAY_MS;
};

async function expectTruth(place: LabScope): Promise<void> {
  expect(differenceOf(lab.truthOf(place), await lab.storedOf(place))).toEqual([]);
}

async function verify(place: LabScope) {
  const { outcome, reason, totals } = await lab.sync(place, { request: VERIFY });
  return { outcome, reason, withdrawn: totals.withdrawn, changed: totals.changed, inserted: totals.inserted };
}

const QUIET = { outcome: 'succeeded', reason: null, withdrawn: 0, changed: 0, inserted: 0 };

test('P4 what the pool forgets is kept: the first run says so, the next ones succeed', async () => {
  const { place } = await scopeOf(300);
  forgetAllBut(120);
  const first = await verify(place);
  expect(first).toMatchObject({ outcome: 'partial', withdrawn: 0 });
  expect(first.reason).toMatch(/no longer serves the \d+ rows mined before 20.*kept/);
  await expectTruth(place);
  expect(await verify(place)).toEqual(QUIET);
  // The edge moves on, by a row at a time too.
  for (const days of [119, 100]) {
    forgetAllBut(days);
    expect(await verify(place)).toEqual(QUIET);
    await expectTruth(place);
  }
  const [freshness] = await lab.sql<{ forgotten: string | null }[]>`
    SELECT forgotten FROM report.data_freshness WHERE stream = 'earnings'`;
  expect(freshness?.forgotten).toMatch(/served from 20\d\d-\d\d-\d\d/);
});

test('P4 rows that are served again are followed again, and withdrawn when they go', async () => {
  const { place, rows } = await scopeOf(250);
  forgetAllBut(60);
  await verify(place);
  lab.simulator.quirks.forgottenBeforeMs = null;
  lab.simulator.world.amend(rows[200]!, { amount: '42' });
  expect(await verify(place)).toMatchObject({ outcome: 'succeeded', changed: 1 });
  lab.simulator.world.withdraw(rows[180]!);
  expect(await verify(place)).toMatchObject({ outcome: 'succeeded', withdrawn: 1 });
  await expectTruth(place);
});

test('P4 a scope that turns empty keeps its rows', async () => {
  const { place } = await scopeOf(88);
  forgetAllBut(-3);
  expect(await verify(place)).toMatchObject({ outcome: 'partial', withdrawn: 0 });
  await expectTruth(place);
  expect(await verify(place)).toEqual(QUIET);
});

test('P4 rows that vanish in the middle, or few at the old end, are withdrawn while others are kept', async () => {
  const { place, rows } = await scopeOf(200);
  const { world } = lab.simulator;
  for (const row of rows.slice(-4)) world.withdraw(row);
  expect(await verify(place)).toMatchObject({ outcome: 'succeeded', withdrawn: 4 });
  for (const row of rows.slice(20, 40)) world.withdraw(row);
  expect(await verify(place)).toMatchObject({ outcome: 'succeeded', withdrawn: 20 });
  await expectTruth(place);
  forgetAllBut(100);
  world.withdraw(rows[50]!);
  expect(await verify(place)).toMatchObject({ outcome: 'partial', withdrawn: 1 });
  await expectTruth(place);
});

test('P4 young income that was all taken back is withdrawn: it may be booked elsewhere', async () => {
  const { place, rows } = await scopeOf(6);
  for (const row of rows) lab.simulator.world.withdraw(row);
  expect(await verify(place)).toMatchObject({ outcome: 'succeeded', withdrawn: 6 });
  await expectTruth(place);
});
