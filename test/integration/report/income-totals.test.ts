import fc from 'fast-check';
import { useTestDatabase } from '../../support/test-database';
import { applyLedgerStep, createLedgerAccount, ledgerSteps } from './ledger-history';

/** KPOOL_TEST_RUNS plays more histories than a run of the suite does: each run draws others. */
const RUNS = Number(process.env['KPOOL_TEST_RUNS'] ?? 12);
const KEPT = [
  'income_days',
  'income_months',
  'income_by_day',
  'mined_days',
  'overlap_days',
  'earning_months',
  'settlement_months',
];
let accounts = 0;

const { sql } = useTestDatabase({ connections: 4 });

const AMOUNTS =
  'settled, pending, other, total, paid, settled_undated, settled_text, pending_text, total_text, paid_text, items';

/** Rows that are in only one of two relations, without rows of zeros. */
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

/** Compares the months of a time zone that is not stored with its days. */
async function expectMonthsOf(accountId: number, zone: string): Promise<void> {
  const columns = `account_name, sub_account, puid, currency, month, settled, pending, other, paid, settled_undated, items`;
  const months = `
    SELECT account_name, sub_account, puid, currency, date_trunc('month', day::timestamp)::date AS month,
           sum(settled) AS settled, sum(pending) AS pending, sum(other) AS other, sum(paid) AS paid,
           sum(settled_undated) AS settled_undated, sum(items) AS items, account_id
      FROM report.daily_income_in('${zone}') GROUP BY 1, 2, 3, 4, 5, account_id`;
  expect(
    await differences(accountId, `report.monthly_income_in('${zone}')`, `(${months}) AS m`, columns),
  ).toEqual([]);
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
  'daily and monthly income equal the ledger’s sums (%s)',
  async (zone) => {
    await setReportZone(zone);
    await fc.assert(
      fc.asyncProperty(ledgerSteps, async (steps) => {
        const accountId = await createLedgerAccount(sql, `account ${accounts++}`);
        for (const step of steps) {
          await applyLedgerStep(sql, accountId, step);
          await expectTotalsAsRecomputed(accountId, zone);
        }
        await expectMonthsOf(accountId, zone === 'UTC' ? 'Pacific/Kiritimati' : 'UTC');
      }),
      { numRuns: RUNS },
    );
    const keep = await sql.reserve();
    try {
      for (const table of KEPT)
        await keep`CREATE TEMPORARY TABLE ${sql(table)} AS SELECT * FROM sync.${sql(table)}`;
      await keep`SELECT sync.recompute_income()`;
      for (const table of KEPT) {
        const differing = await keep`
          (TABLE pg_temp.${sql(table)} EXCEPT ALL TABLE sync.${sql(table)})
           UNION ALL
          (TABLE sync.${sql(table)} EXCEPT ALL TABLE pg_temp.${sql(table)})`;
        expect([table, ...differing]).toEqual([table]);
        await keep`DROP TABLE pg_temp.${sql(table)}`;
      }
    } finally {
      keep.release();
    }
  },
);
