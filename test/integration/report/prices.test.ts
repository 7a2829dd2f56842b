import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DAY_MS } from '../../../src/core/day';
import { runCliInProcess } from '../../support/cli-in-process';
import { useTestDatabase } from '../../support/test-database';
import { createLedgerAccount, puidOf } from './ledger-history';

let folder: string;
let puid: number;

const database = useTestDatabase({ connections: 2 });
const { sql } = database;
database.beforeDrop(() => rm(folder, { recursive: true }));
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'kpool-prices-'));
  puid = puidOf(await createLedgerAccount(sql, 'main'), 1);
  for (const [day, amount] of [
    ['2026-10-01', '0.5'],
    ['2026-10-02', '0.000000000000000003'],
    ['2026-11-01', '2'],
  ] as const)
    await sql`
      INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
      VALUES (${puid}, 'SHA256d', 'BTC', ${`${day}T00:00:00Z`}, 0, ${amount}::text::numeric, 'SETTLED')`;
});

async function kpool(...args: readonly string[]) {
  return runCliInProcess(args, { DATABASE_URL: database.url, LOG_LEVEL: 'silent' });
}

async function importText(text: string, ...flags: readonly string[]) {
  const file = path.join(folder, 'prices.csv');
  await writeFile(file, text);
  return kpool('prices', 'import', file, ...flags);
}

const HEADER = 'currency,quote_currency,price_date,price\n';

async function months(): Promise<unknown[]> {
  const rows = await sql`
    SELECT to_char(month, 'YYYY-MM') AS month, value_text AS value, unvalued_items::int AS unvalued
      FROM report.monthly_income_valued ORDER BY month`;
  return rows.map(({ month, value, unvalued }) => [month, value, unvalued] as unknown);
}

async function prices(): Promise<number> {
  const [row] = await sql<{ n: number }[]>`SELECT count(*)::int AS n FROM book.prices`;
  return row?.n ?? 0;
}

test('income without a price has no value, and is listed', async () => {
  const missing = await kpool('prices', 'missing', '--json');
  expect(missing.code).toBe(1);
  expect(JSON.parse(missing.stdout)).toHaveLength(3);
  const imported = await importText(`${HEADER}BTC,EUR,2026-10-01,50000.10\n`);
  expect([imported.code, imported.stdout.trim()]).toEqual([0, '1 price added, 0 replaced, 0 unchanged.']);
  expect(await months()).toEqual([
    ['2026-10', null, 1],
    ['2026-11', null, 1],
  ]);
});

test('P11 a close reports how many items have no price', async () => {
  const { stderr } = await kpool('close', '2026-10', '--force');
  expect(stderr).toContain('kpool: 1 item of 2026-10 without a price (kpool prices missing).');
  await kpool('reopen', '2026-10');
});

test('P1 P3 importing the same file twice changes nothing', async () => {
  const text = `${HEADER}BTC,EUR,2026-10-01,50000.10\nBTC,EUR,2026-10-02,50000.000000000000000001\nBTC,EUR,2026-11-01,60000\n`;
  expect((await importText(text)).stdout.trim()).toBe('2 prices added, 0 replaced, 1 unchanged.');
  expect((await importText(text)).stdout.trim()).toBe('0 prices added, 0 replaced, 3 unchanged.');
  expect(await months()).toEqual([
    ['2026-10', '25000.050000000000150000000000000000000003', 0],
    ['2026-11', '120000', 0],
  ]);
  expect((await kpool('prices', 'missing')).code).toBe(0);
});

test('a bad file imports nothing and names its wrong line', async () => {
  const before = await prices();
  const cases = [
    [
      `${HEADER}BTC,EUR,2026-10-05,1\nBTC,EUR,2026-10-01,49999\n`,
      'Line 3 of prices.csv: BTC already has the price 50000.1 on 2026-10-01, but here it is 49999.',
    ],
    [
      `${HEADER}BTC,EUR,2026-10-05,1\nXYZ,EUR,2026-10-01,1\n`,
      'Line 3 of prices.csv: the ledger has no income in XYZ.',
    ],
    [
      `${HEADER}BTC,EUR,2026-10-05,1\nBTC,USD,2026-10-01,1\n`,
      'Line 3 of prices.csv: the price is in USD, but the books are in EUR.',
    ],
    [
      `${HEADER}BTC,EUR,2026-10-05,1\nBTC,EUR,2026-13-01,1\n`,
      'Line 3 of prices.csv: the date is "2026-13-01", not YYYY-MM-DD.',
    ],
    [
      `${HEADER}BTC,EUR,2026-10-05,1\nBTC,EUR,2026-10-06,1\nBTC,EUR,2026-10-05,2\n`,
      'Line 4 of prices.csv: BTC has two prices for 2026-10-05: 2 here, 1 on line 2.',
    ],
  ] as const;
  for (const [text, sentence] of cases) {
    const result = await importText(text);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain(`${sentence} Nothing was imported.`);
  }
  expect(await prices()).toBe(before);
});

test('a bad line after many good ones imports nothing', async () => {
  const before = await prices();
  // More than one batch.
  const days = Array.from({ length: 12_000 }, (_, i) => new Date(i * DAY_MS).toISOString().slice(0, 10));
  const good = HEADER + days.map((day) => `BTC,EUR,${day},1\n`).join('');
  const result = await importText(`${good}BTC,EUR,2026-10-09,"1,5"\n`);
  expect(result.code).toBe(2);
  expect(result.stderr).toContain('Line 12002 of prices.csv: the price is "1,5", not a number.');
  expect(await prices()).toBe(before);
});

test('a price file that cannot be read is named', async () => {
  for (const file of [folder, path.join(folder, 'none.csv')]) {
    const result = await kpool('prices', 'import', file);
    expect(result.code).toBe(2);
    expect(result.stderr).toContain(`${file} cannot be read: E`);
  }
});

test('P4 a replaced price is kept, and adjusts a closed month', async () => {
  await sql`
    INSERT INTO sync.closes (month, action, instant) VALUES ('2026-10-01', 'close', sync.fix_ledger_instant())`;
  const text = `${HEADER}BTC,EUR,2026-10-01,50001.10\nBTC,EUR,2026-11-01,60000\n`;
  expect((await importText(text, '--replace')).stdout.trim()).toBe(
    '0 prices added, 1 replaced, 1 unchanged.',
  );
  const revisions = await sql`
    SELECT trim_scale(price)::text AS price, revised FROM book.prices WHERE price_date = '2026-10-01' ORDER BY revised`;
  expect([...revisions]).toEqual([
    { price: '50000.1', revised: 0 },
    { price: '50001.1', revised: 1 },
  ]);
  await expect(sql`DELETE FROM book.prices`).rejects.toThrow('Prices are never changed or deleted');
  const changes = await sql`
    SELECT to_char(month, 'YYYY-MM') AS month, price_date::text AS day, currency, value_before_text AS before,
           value_after_text AS after, change_text AS change FROM report.value_changes`;
  expect([...changes]).toEqual([
    {
      month: '2026-10',
      day: '2026-10-01',
      currency: 'BTC',
      before: '25000.05',
      after: '25000.55',
      change: '0.5',
    },
  ]);
  const refused = await kpool('prices', 'use', 'USD');
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringContaining(
      '2026-10 is closed, valued in EUR on the accrual basis. Nothing was changed.',
    ) as string,
  ]);
});

test('kpool prices list says which days have prices', async () => {
  const list = await kpool('prices', 'list', '--json');
  expect(JSON.parse(list.stdout)).toEqual([
    {
      currency: 'BTC',
      quoteCurrency: 'EUR',
      days: 3,
      from: '2026-10-01',
      to: '2026-11-01',
      replaced: 1,
      sources: 'imported',
    },
  ]);
});
