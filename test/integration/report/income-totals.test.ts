import fc from 'fast-check';
import postgres from 'postgres';
import { useTestDatabase } from '../../support/test-database';
import { applyLedgerStep, createLedgerAccount, ledgerSteps } from './ledger-history';

const RUNS = 25;
let sql: postgres.Sql;
let accounts = 0;

// Before the database goes.
afterAll(() => sql.end());
const database = useTestDatabase();
beforeAll(() => {
  sql = postgres(database.url, { max: 4, onnotice: () => undefined });
});

const AMOUNTS =
  'settled, pending, other, total, paid, settled_undated, settled_text, pending_text, total_text, paid_text, items';

/** Rows that are in one of two relations only; rows of nothing but zeros say nothing. */
async function differences(
  accountId: number,
  kept: string,
  recomputed: string,
  columns: string,
): Promise<unknown[]> {
  const rowsOf = (relation: string): string =>
    `SELECT ${columns} FROM ${relation} WHERE account_id = ${accountId} AND (items <> 0 OR paid <> 0)`;
  return sql.unsafe(`
    (SELECT 'kept' AS side, * FROM (${rowsOf(kept)} EXCEPT ALL ${rowsOf(recomputed)}) AS a)
     UNION ALL
    (SELECT 'recomputed', * FROM (${rowsOf(recomputed)} EXCEPT ALL ${rowsOf(kept)}) AS b)`);
}

async function setReportZone(zone: string): Promise<void> {
  await sql`
    INSERT INTO sync.settings (key, value) VALUES ('report_time_zone', to_jsonb(${zone}::text))
    ON CONFLICT (key) DO UPDATE SET value = excluded.value`;
}

async function expectTotalsAsRecomputed(accountId: number, zone: string): Promise<void> {
  const columns = `account_name, sub_account, puid, currency`;
  expect(
    await differences(
      accountId,
      'report.daily_income',
      `report.daily_income_in('${zone}')`,
      `${columns}, day, ${AMOUNTS}`,
    ),
  ).toEqual([]);
  expect(
    await differences(
      accountId,
      'report.monthly_income',
      `report.monthly_income_in('${zone}')`,
      `${columns}, month, ${AMOUNTS}`,
    ),
  ).toEqual([]);
}

test.each(['UTC', 'America/New_York', 'Asia/Kathmandu'])(
  'daily and monthly income say what adding up the ledger says, after any history (%s)',
  async (zone) => {
    await setReportZone(zone);
    await fc.assert(
      fc.asyncProperty(ledgerSteps, async (steps) => {
        const accountId = await createLedgerAccount(sql, `account ${accounts++}`);
        for (const step of steps) {
          await applyLedgerStep(sql, accountId, step);
          await expectTotalsAsRecomputed(accountId, zone);
        }
      }),
      { numRuns: RUNS },
    );
    const keep = await sql.reserve();
    try {
      await keep`CREATE TEMPORARY TABLE days AS SELECT * FROM sync.income_days`;
      await keep`CREATE TEMPORARY TABLE months AS SELECT * FROM sync.income_months`;
      await keep`SELECT sync.recompute_income()`;
      const [left] = await keep<{ days: number; months: number; rows: number }[]>`
        SELECT (SELECT count(*)::int FROM (TABLE days EXCEPT ALL TABLE sync.income_days) AS d) AS days,
               (SELECT count(*)::int FROM (TABLE months EXCEPT ALL TABLE sync.income_months) AS m) AS months,
               (SELECT count(*)::int FROM sync.income_days) - (SELECT count(*)::int FROM days) AS rows`;
      expect(left).toEqual({ days: 0, months: 0, rows: 0 });
      await keep`DROP TABLE days, months`;
    } finally {
      keep.release();
    }
  },
);
