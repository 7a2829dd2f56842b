import postgres from 'postgres';
import { fillLedger, WINDOW_ROWS } from './large-data';
import { withScratchDatabase } from './scratch-database';

/**
 * How fast the reports open over a long ledger, and what keeping the totals adds to its commits:
 *
 *     node -r ./test/support/typescript-hook.cjs bench/report.ts [sub-accounts] [years]
 */
const SUB_ACCOUNTS = Number(process.argv[2] ?? 200);
const YEARS = Number(process.argv[3] ?? 5);
const LIMIT_MS = 300;
const READINGS = 5;
const COMMITS = 100;

const REPORTS: readonly (readonly [string, string])[] = [
  [
    'a month of one account, by day',
    `SELECT * FROM report.daily_income WHERE account_name = 'main' AND day BETWEEN '2026-10-01' AND '2026-10-31'`,
  ],
  [
    'a year by month and currency',
    `SELECT month, currency, sum(total), sum(paid) FROM report.monthly_income WHERE month > '2025-10-01' GROUP BY 1, 2`,
  ],
  ["one sub-account's ledger", `SELECT * FROM report.income_ledger WHERE sub_account = 'farm 7'`],
  ['unsettled income', 'SELECT * FROM report.unsettled_income'],
  ['reconciliation', 'SELECT * FROM report.reconciliation'],
  ['reconciliation of the accounts', 'SELECT * FROM report.account_reconciliation'],
  ['freshness', 'SELECT * FROM report.data_freshness'],
  ['completeness', 'SELECT * FROM report.completeness'],
];

/** Questions about all of history, which totals kept with the ledger answer. */
const AT_ANY_SIZE: readonly (readonly [string, string])[] = [
  ['opening daily income', 'SELECT * FROM report.daily_income LIMIT 2000'],
  ['the newest 100 of daily income', 'SELECT * FROM report.daily_income ORDER BY day DESC LIMIT 100'],
  ['months of another time zone', `SELECT * FROM report.monthly_income_in('America/New_York')`],
  ['missing days', 'SELECT * FROM report.missing_days'],
  ['efficiency, counted', 'SELECT count(*) FROM report.income_efficiency'],
  ['settlement delay', 'SELECT * FROM report.settlement_delay'],
  ['the newest 100 changes', 'SELECT * FROM report.changes ORDER BY known_at DESC LIMIT 100'],
];
const LIMIT_AT_ANY_SIZE_MS = 500;

/** Not promised to be fast: they read everything there is. */
const LONG_REPORTS: readonly (readonly [string, string])[] = [
  [
    'a year by day and currency',
    `SELECT day, currency, sum(total) FROM report.daily_income WHERE day > '2025-11-21' GROUP BY 1, 2`,
  ],
  ['the whole ledger added up', 'SELECT currency, sum(amount) FROM report.income_ledger GROUP BY 1'],
  [
    'the whole ledger as of now, added up',
    'SELECT currency, sum(amount) FROM report.income_as_of(now()) GROUP BY 1',
  ],
  ['days where both lists differ', 'SELECT * FROM report.income_overlap WHERE differs_in IS NOT NULL'],
  ['efficiency of a month', `SELECT * FROM report.income_efficiency WHERE mining_date > '2026-10-31'`],
];

async function main(): Promise<void> {
  await withScratchDatabase(async (url) => {
    const sql = postgres(url, { max: 1, onnotice: () => undefined });
    const startedAt = performance.now();
    await fillLedger(sql, { subAccounts: SUB_ACCOUNTS, years: YEARS });
    await sql`VACUUM (ANALYZE)`;
    const [rows] = await sql<{ rows: number }[]>`
      SELECT (SELECT count(*)::int FROM pool.earnings) + (SELECT count(*)::int FROM pool.rewards) AS rows`;
    const seconds = (performance.now() - startedAt) / 1_000;
    print('rows of the ledger', rows!.rows, '');
    print('landed with revisions and totals', Math.round(rows!.rows / seconds), 'rows/s');
    await measureCommits(sql);
    for (const [name, query] of REPORTS) printTime(name, await medianMs(sql, query, READINGS), LIMIT_MS);
    for (const [name, query] of AT_ANY_SIZE)
      printTime(name, await medianMs(sql, query, READINGS), LIMIT_AT_ANY_SIZE_MS);
    for (const [name, query] of LONG_REPORTS) printTime(name, await medianMs(sql, query, 1), null);
    const before = performance.now();
    await sql`SELECT sync.recompute_income()`;
    printTime('adding everything up anew', performance.now() - before, null);
    await sql.end();
  });
}

/** Commits of one window each, with and without the totals: what keeping them costs. */
async function measureCommits(sql: postgres.Sql): Promise<void> {
  const commit = async (window: number): Promise<void> => {
    await sql`
      INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
      SELECT 1, 'Scrypt', 'LTC', '2000-01-01Z'::timestamptz + (${window}::int * ${WINDOW_ROWS}::int + n) * interval '1 day', 0, 0.5, 'SETTLED'
        FROM generate_series(1, ${WINDOW_ROWS}::int) AS n`;
  };
  const commitMs = async (from: number): Promise<number> => {
    const startedAt = performance.now();
    for (let window = from; window < from + COMMITS; window += 1) await commit(window);
    return (performance.now() - startedAt) / COMMITS;
  };
  await commitMs(0);
  const kept = await commitMs(COMMITS);
  await sql`ALTER TABLE pool.earnings DISABLE TRIGGER f_follow_inserts`;
  const bare = await commitMs(2 * COMMITS);
  await sql`ALTER TABLE pool.earnings ENABLE TRIGGER f_follow_inserts`;
  print(`a commit of ${WINDOW_ROWS} rows, totals kept`, kept.toFixed(1), 'ms');
  print('the same without totals', bare.toFixed(1), `ms, ratio ${(kept / bare).toFixed(2)}`);
  await sql`SELECT sync.recompute_income()`;
  await sql`VACUUM (ANALYZE)`;
}

async function medianMs(sql: postgres.Sql, query: string, count: number): Promise<number> {
  const readings: number[] = [];
  for (let reading = 0; reading < count; reading += 1) {
    const startedAt = performance.now();
    await sql.unsafe(query);
    readings.push(performance.now() - startedAt);
  }
  return readings.sort((a, b) => a - b)[Math.floor(count / 2)]!;
}

function printTime(name: string, ms: number, limitMs: number | null): void {
  print(name, ms.toFixed(0), limitMs === null ? 'ms' : `ms, of ${limitMs}: ${(ms / limitMs).toFixed(2)}`);
}

function print(name: string, figure: string | number, unit: string): void {
  process.stdout.write(`${name.padEnd(42)}${String(figure).padStart(10)} ${unit}\n`);
}

void main();
