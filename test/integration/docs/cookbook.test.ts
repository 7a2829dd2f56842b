import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createSyncedPool, type SyncedPool } from '../../support/synced-pool';
import { useTestDatabase } from '../../support/test-database';

const TEXT = readFileSync(path.join(__dirname, '..', '..', '..', 'docs', 'cookbook.md'), 'utf8');
const RECIPES = [...TEXT.matchAll(/^(\d+)\. ([^\n]*(?:\n[^\n`]+)*)\n\n```sql\n([^`]+)```/gm)].map(
  ([, number = '', title = '', query = '']) => ({ number: Number(number), title, query }),
);

/** Nothing to find where nothing was corrected, no day is missing, every machine works, no month is closed and no day of the fleet is over. */
const MAY_BE_EMPTY = new Set([15, 17, 19, 21, 22, 23, 24, 25, 26, 27]);

let pool: SyncedPool;
const database = useTestDatabase();
database.beforeDrop(() => pool.close());

beforeAll(async () => {
  pool = await createSyncedPool({
    databaseUrl: database.url,
    simulator: { seed: 7, startAt: Date.now(), world: { subAccountsPerAccount: 2, days: 90 } },
  });
  await pool.sync();
});

test('there are twenty-eight numbered recipes', () => {
  expect(RECIPES.map(({ number }) => number)).toEqual(Array.from({ length: 28 }, (_, index) => index + 1));
});

test.each(RECIPES)('a reader can run recipe $number: $title', async ({ number, query }) => {
  const rows = await pool.sql.begin(async (tx) => {
    await tx`SET LOCAL ROLE kpool_reader`;
    return tx.unsafe(query);
  });
  if (!MAY_BE_EMPTY.has(number)) expect(rows.length).toBeGreaterThan(0);
});

test('P1 the recipes’ sums are the ledger’s income', async () => {
  const [sums] = await pool.sql<{ ledger: string; daily: string; monthly: string }[]>`
    SELECT (SELECT sum(amount) FROM report.income_ledger WHERE currency = 'BTC')::text AS ledger,
           (SELECT sum(total) FROM report.daily_income WHERE currency = 'BTC')::text AS daily,
           (SELECT sum(total) FROM report.monthly_income WHERE currency = 'BTC')::text AS monthly`;
  expect(Number(sums!.ledger)).toBeGreaterThan(0);
  expect([sums!.daily, sums!.monthly]).toEqual([sums!.ledger, sums!.ledger]);
});
