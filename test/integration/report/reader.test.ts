import type postgres from 'postgres';
import { useTestDatabase } from '../../support/test-database';
import { createLedgerAccount, puidOf } from './ledger-history';

const { sql } = useTestDatabase({ connections: 2 });
beforeAll(async () => {
  const accountId = await createLedgerAccount(sql, 'main');
  await sql`
    INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, hash_rate_hps, status)
    VALUES (${puidOf(accountId, 1)}, 'SHA256d', 'BTC', '2026-10-01Z', 0, 1, 1, 'ODD')`;
  await sql`
    INSERT INTO sync.closes (month, action, instant) VALUES ('2026-10-01', 'close', sync.fix_ledger_instant())`;
  await sql`UPDATE pool.earnings SET amount = 2`;
});

async function asReader<T>(work: (tx: postgres.TransactionSql) => Promise<T>): Promise<T> {
  return sql.begin(async (tx) => {
    await tx`SET LOCAL ROLE kpool_reader`;
    return work(tx);
  }) as Promise<T>;
}

const EXPECTED = [
  'account_reconciliation',
  'changes',
  'closed_months',
  'completeness',
  'daily_income',
  'data_freshness',
  'fleet_by_prefix',
  'fleet_hashrate_daily',
  'fleet_hashrate_hourly',
  'income_changes',
  'income_efficiency',
  'income_ledger',
  'income_overlap',
  'missing_days',
  'monthly_income',
  'payment_changes',
  'reconciliation',
  'reject_rate_daily',
  'settlement_delay',
  'unsettled_income',
  'worker_attention',
  'worker_health',
  'worker_status',
  'worker_uptime_daily',
  'worker_weekly',
  'workers_added_removed',
];

test('every promised report exists', async () => {
  const views = await sql<
    { name: string }[]
  >`SELECT viewname AS name FROM pg_views WHERE schemaname = 'report'`;
  expect(views.map(({ name }) => name)).toEqual(expect.arrayContaining(EXPECTED));
});

test.each([
  ...EXPECTED,
  'income_as_of(now())',
  "daily_income_in('Asia/Tokyo')",
  "monthly_income_in('Asia/Tokyo')",
])('a reader can open report.%s', async (relation) => {
  await asReader((tx) => tx.unsafe(`SELECT * FROM report.${relation}`));
});

test('a reader sees income, its changes and unknown values', async () => {
  const seen = await asReader(
    (tx) => tx`
      SELECT (SELECT total_text FROM report.monthly_income) AS total,
             (SELECT change_text FROM report.income_changes) AS change,
             (SELECT unknown_values FROM report.data_freshness WHERE stream = 'earnings') AS unknown`,
  );
  expect([...seen]).toEqual([{ total: '2', change: '1', unknown: 'status ODD' }]);
});

test('a reader cannot open or change internal tables', async () => {
  for (const statement of [
    'SELECT * FROM sync.cursors',
    'SELECT * FROM sync.income_days',
    'SELECT * FROM sync.report_zone',
    "UPDATE pool.accounts SET account_name = 'mine'",
    'SELECT sync.recompute_income()',
  ]) {
    await expect(asReader((tx) => tx.unsafe(statement))).rejects.toThrow('permission denied');
  }
});

test('every report names the account and explains its columns', async () => {
  const unexplained = await sql`
    SELECT c.relname AS view, a.attname AS column
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE n.nspname IN ('report', 'sync') AND c.relkind = 'v'
       AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid) IS NULL)`;
  expect([...unexplained]).toEqual([]);
  const functions = await sql`
    SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname = 'report' AND obj_description(p.oid, 'pg_proc') IS NULL`;
  expect([...functions]).toEqual([]);
  const nameless = await sql`
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'report' AND c.relkind = 'v'
       AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'account_name')`;
  // A price belongs to a currency and a day, not to an account.
  expect(nameless.map(({ relname }) => relname as string)).toEqual(['missing_prices']);
});

test('P10 no report shows a key, a fingerprint or a raw row', async () => {
  const columns = await sql<{ column: string }[]>`
    SELECT DISTINCT a.attname AS column
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
     WHERE n.nspname = 'report' AND c.relkind = 'v'`;
  const names = columns.map(({ column }) => column);
  expect(names.filter((name) => /fingerprint|raw|secret|hash$|cursor|version/.test(name))).toEqual([]);
});
