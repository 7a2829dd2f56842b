import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Decimal } from 'decimal.js';
import { writeExport, type ExportRequest } from '../../../src/report/export/export';
import { runJournalProgram } from '../../support/journal-programs';
import { useTestDatabase } from '../../support/test-database';

/** The programs may have to be installed first. */
const INSTALL_MS = 200_000;
jest.setTimeout(INSTALL_MS);

let folder: string;

const database = useTestDatabase({ connections: 2 });
const { sql } = database;
database.beforeDrop(() => rm(folder, { recursive: true }));
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'kpool-journal-'));
  await sql`INSERT INTO pool.accounts (account_name, key_fingerprint) VALUES ('main', 'f')`;
  await sql`INSERT INTO pool.sub_accounts (account_id, puid, pname) VALUES (1, 7, ${'a "b"; c | d\n2026-01-01 open Assets:X'})`;
  for (const [day, currency, amount, status] of [
    ['2026-10-01', 'BTC', '1.000000000000000001', 'SETTLED'],
    ['2026-10-02', 'BTC', '-0.25', 'SETTLED'],
    ['2026-10-03', 'BTC', '0.000000000000000003', 'WAIT_SETTLE'],
    ['2026-10-04', 'LTC', '7', 'HELD'],
    ['2026-10-05', 'LTC', '0', 'SETTLED'],
    ['2026-11-01', 'LTC', '12345678.9', 'SETTLED'],
  ] as const)
    await sql`
      INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
      VALUES (7, 'SHA256d', ${currency}, ${`${day}T00:00:00Z`}, 0, ${amount}::text::numeric, ${status})`;
  await sql`INSERT INTO book.settings (key, value) VALUES ('quote_currency', '"EUR"')`;
  await sql`
    INSERT INTO book.prices (currency, quote_currency, price_date, price, source, imported_at)
    VALUES ('BTC', 'EUR', '2026-10-01', 50000.10, 'test', now() - interval '1 day')`;
});

async function journal(fileType: ExportRequest['fileType'], over: Partial<ExportRequest> = {}) {
  const { manifest, files } = await writeExport(sql, {
    format: 'journal',
    fileType,
    accountsFile: null,
    period: null,
    basis: null,
    accountName: null,
    asOf: null,
    sinceLast: false,
    folder,
    mayReplace: true,
    signal: new AbortController().signal,
    ...over,
  });
  return { manifest, file: files[0] };
}

/** The sums of a view by currency, in the form of the journal's accounts. */
async function expectedBalances(): Promise<unknown> {
  const rows = await sql<{ currency: string; settled: string; open: string; total: string }[]>`
    SELECT currency, trim_scale(sum(settled))::text AS settled, trim_scale(sum(pending + other))::text AS open,
           trim_scale(-sum(total))::text AS total FROM report.monthly_income GROUP BY currency ORDER BY currency`;
  return Object.fromEntries(
    rows.flatMap(({ currency, settled, open, total }) => [
      [`Assets:KuCoin ${currency}`, settled],
      [`Assets:Receivable:KuCoinPool ${currency}`, open],
      [`Income:Mining ${currency}`, total],
    ]),
  );
}

test('P1 hledger accepts the journal, its balances are the views’', async () => {
  const { file } = await journal('hledger');
  const end = runJournalProgram('hledger', [
    '-f',
    file,
    'balance',
    '-N',
    '--flat',
    '-O',
    'csv',
    '--layout',
    'bare',
  ]);
  if (end === null) return;
  expect(end.status).toBe(0);
  const lines = end.output.trim().split('\n').slice(1);
  const balances = lines.map((line) => line.split('","').map((cell) => cell.replace(/"/g, '')));
  expect(
    Object.fromEntries(
      balances.map(([account, commodity, amount]) => [
        `${account ?? ''} ${commodity ?? ''}`,
        new Decimal(amount ?? '').toFixed(),
      ]),
    ),
  ).toEqual(await expectedBalances());
});

test('P1 Beancount accepts the journal, on either basis', async () => {
  for (const basis of ['accrual', 'cash'] as const) {
    const { file, manifest } = await journal('beancount', { basis });
    expect(manifest.leftOut).toEqual({ 'nothing to book': 1 });
    expect((await readFile(file, 'utf8')).includes('Assets:Receivable:KuCoinPool  ')).toBe(
      basis === 'accrual',
    );
    const end = runJournalProgram('bean-check', [file]);
    if (end === null) return;
    expect([end.status, end.output]).toEqual([0, '']);
  }
});

test('a transaction has the row, its exact amount and its price', async () => {
  const { file } = await journal('beancount', { period: '2026-10' });
  const text = await readFile(file, 'utf8');
  const [row] = await sql<
    { id: string }[]
  >`SELECT row_id AS id FROM report.income_ledger WHERE amount = 1.000000000000000001`;
  expect(text).toContain(
    '\n2026-10-01 * "KuCoin Pool" "a  b  c   d 2026-01-01 open Assets:X SHA256d earnings of 2026-10-01"\n' +
      `  kpool-row: "${row!.id}"\n` +
      '    Assets:KuCoin  1.000000000000000001 BTC\n' +
      '    Income:Mining  -1.000000000000000001 BTC\n',
  );
  expect(text).toContain('\n2026-10-01 price BTC 50000.1 EUR\n');
  expect(text).not.toContain('12345678.9');
});

test('a paid item leaves the receivable in the next journal', async () => {
  const chain = await mkdtemp(path.join(folder, 'chain-'));
  await journal('hledger', { folder: chain });
  await sql`UPDATE pool.earnings SET status = 'SETTLED', settled_at = '2026-10-09Z' WHERE mining_date = '2026-10-03'`;
  const { file } = await journal('hledger', { folder: chain, sinceLast: true, asOf: null });
  expect(await readFile(file, 'utf8')).toContain(
    '    Assets:KuCoin  0.000000000000000003 BTC\n    Assets:Receivable:KuCoinPool  -0.000000000000000003 BTC\n',
  );
});

test('a mapping file names the accounts; a wrong one is refused', async () => {
  const mapping = path.join(folder, 'accounts.json');
  await writeFile(mapping, '{"wallet": "Assets:Cold", "open": false, "commodities": {"BTC": "XBT"}}');
  const text = await readFile((await journal('beancount', { accountsFile: mapping })).file, 'utf8');
  expect(text).toContain('    Assets:Cold  1.000000000000000001 XBT\n');
  expect(text).not.toContain(' open Assets:Cold');
  await writeFile(mapping, '{"wallet": "cold"}');
  await expect(journal('beancount', { accountsFile: mapping })).rejects.toThrow(
    `${mapping}: wallet is no account such as Assets:KuCoin.`,
  );
});

describe('a journal in the currency of the books', () => {
  const codes = () => path.join(folder, 'codes.json');
  beforeAll(() =>
    writeFile(codes(), '{"wallet": "090", "receivable": "120", "income": "200", "taxRate": "No VAT"}'),
  );

  test('P11 a row without a price is refused and named', async () => {
    await expect(journal('quickbooks')).rejects.toMatchObject({
      code: 'usage.invalid',
      message: expect.stringMatching(/have no price, e\.g\. BTC of 2026-10-02\.$/) as string,
      hint: expect.stringContaining('kpool prices missing') as string,
    });
  });

  describe('with prices', () => {
    beforeAll(async () => {
      for (const [currency, day, price] of [
        ['BTC', '2026-10-02', '50000.123'],
        ['BTC', '2026-10-03', '1'],
        ['LTC', '2026-10-04', '70.005'],
        ['LTC', '2026-11-01', '71'],
      ] as const)
        await sql`
          INSERT INTO book.prices (currency, quote_currency, price_date, price, source)
          VALUES (${currency}, 'EUR', ${day}::text::date, ${price}::text::numeric, 'test')`;
    });

    test('P1 QuickBooks gets entries that balance, to the cent', async () => {
      const { file, manifest } = await journal('quickbooks', { period: '2026-10' });
      expect(path.basename(file)).toBe('journal-2026-10.quickbooks.csv');
      expect((await readFile(file, 'utf8')).split('\n')).toEqual([
        'Journal No,Journal Date,Account Name,Description,Debits,Credits',
        'KPOOL-20261001,10/01/2026,KuCoin wallet,1.000000000000000001 BTC,50000.10,',
        'KPOOL-20261001,10/01/2026,Mining income,1.000000000000000001 BTC,,50000.10',
        'KPOOL-20261002,10/02/2026,KuCoin wallet,0.25 BTC,,12500.03',
        'KPOOL-20261002,10/02/2026,Mining income,0.25 BTC,12500.03,',
        'KPOOL-20261004,10/04/2026,KuCoin Pool receivable,7 LTC,490.04,',
        'KPOOL-20261004,10/04/2026,Mining income,7 LTC,,490.04',
        '',
      ]);
      expect(manifest.leftOut).toEqual({ 'nothing to book': 1 });
    });

    test('P1 cents add up to the value of the coin in the views', async () => {
      const cents = ['0.004', '0.003', '0.0035', '0.0041', '0.001'];
      for (const [index, amount] of cents.entries()) {
        await sql`
          INSERT INTO pool.earnings (puid, algo, currency, mined_at, ordinal, amount, status)
          VALUES (7, 'SHA256d', 'KAS', ${`2026-09-0${index + 1}T00:00:00Z`}, 0, ${amount}::text::numeric, 'SETTLED')`;
        await sql`
          INSERT INTO book.prices (currency, quote_currency, price_date, price, source)
          VALUES ('KAS', 'EUR', ${`2026-09-0${index + 1}`}::text::date, 1, 'test')`;
      }
      const { file } = await journal('quickbooks', { period: '2026-09' });
      const debits = (await readFile(file, 'utf8')).split('\n').map((line) => line.split(',')[4] ?? '');
      const [view] = await sql<{ value: string }[]>`
        SELECT round(value, 2)::text AS value FROM report.monthly_income_valued WHERE currency = 'KAS'`;
      expect(debits.slice(1).filter((cell) => cell !== '')).toEqual(['0.01', '0.01']);
      expect(view).toEqual({ value: '0.02' });
    });

    test('Xero gets its codes, tax rate and signs', async () => {
      const { file } = await journal('xero', { period: '2026-11', accountsFile: codes() });
      expect((await readFile(file, 'utf8')).split('\n')).toEqual([
        '*Narration,*Date,Description,*AccountCode,*TaxRate,*Amount',
        'KuCoin Pool 2026-11-01,01/11/2026,12345678.9 LTC,090,No VAT,876543201.90',
        'KuCoin Pool 2026-11-01,01/11/2026,12345678.9 LTC,200,No VAT,-876543201.90',
        '',
      ]);
      await expect(journal('xero')).rejects.toMatchObject({
        code: 'usage.invalid',
        hint: expect.stringContaining('--accounts FILE.json') as string,
      });
    });

    test('a statement and Koinly carry price, value and source', async () => {
      const common = { period: '2026-10', basis: 'accrual' } as const;
      const statement = await journal('csv', { ...common, format: 'statement' });
      expect(await readFile(statement.file, 'utf8')).toMatch(
        /,50000\.1,50000\.1000000000000500001,EUR,test\n/,
      );
      const koinly = await journal('csv', { ...common, format: 'koinly' });
      expect(await readFile(koinly.file, 'utf8')).toMatch(
        /^2026-10-02 00:00:00 UTC,0\.25,BTC,,,,,12500\.03075,EUR,cost,/m,
      );
    });
  });
});
