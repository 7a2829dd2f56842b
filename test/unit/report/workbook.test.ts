import { strFromU8, unzipSync } from 'fflate';
import { DAY_MS } from '../../../src/core/day';
import type { Manifest } from '../../../src/report/export/manifest';
import type { ExportRow } from '../../../src/report/export/rows';
import { workbookChunks } from '../../../src/report/export/workbook';

const ABOUT: Omit<Manifest, 'files'> = {
  kpoolExport: 1,
  format: 'statement',
  period: 'all',
  from: null,
  to: null,
  timeZone: 'UTC',
  basis: 'accrual',
  account: null,
  asOf: '2026-11-01T00:00:00.000000Z',
  asOfReason: 'now',
  changesSince: null,
  rows: 0,
  leftOut: {},
  totals: {},
};

const CONTEXT = {
  about: () => ABOUT,
  readTitle: () =>
    Promise.resolve({ accounts: ['main'], tieOut: "Ties out: 1 of the pool's 1 totals match." }),
};

function rowNumber(ordinal: number, subAccount = 'farm'): ExportRow {
  return {
    kind: 'income',
    change: null,
    account: 'main',
    subAccount,
    puid: '1',
    algo: 'SHA256d',
    currency: 'BTC',
    source: 'earnings',
    type: null,
    ordinal,
    miningDate: '2026-10-01',
    minedAt: '2026-10-01T00:00:00.000000Z',
    amount: '0.000000000000000001',
    previousAmount: null,
    delta: '0.000000000000000001',
    status: 'SETTLED',
    previousStatus: null,
    settledAt: null,
    knownSince: '2026-10-02T00:00:00.000000Z',
    adjusts: null,
    price: null,
    priceSource: null,
    value: null,
    quoteCurrency: null,
  };
}

async function* inBatches(rows: readonly ExportRow[], size: number): AsyncGenerator<readonly ExportRow[]> {
  for (let at = 0; at < rows.length; at += size) yield await Promise.resolve(rows.slice(at, at + size));
}

async function workbookOf(rows: readonly ExportRow[], maxRows?: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of workbookChunks(inBatches(rows, 3), CONTEXT, maxRows)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test('a statement too long for a workbook suggests CSV', async () => {
  const rows = Array.from({ length: 6 }, (_, index) => rowNumber(index));
  await expect(workbookOf(rows, 6)).resolves.toBeDefined();
  await expect(workbookOf(rows, 5)).rejects.toMatchObject({
    message: expect.stringContaining('more than 5 rows') as string,
    hint: expect.stringContaining('--format csv') as string,
  });
});

test('P4 the same rows make the same bytes, today and tomorrow', async () => {
  const rows = Array.from({ length: 50 }, (_, index) => rowNumber(index));
  const today = await workbookOf(rows);
  const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + DAY_MS);
  try {
    expect(Buffer.from(today).equals(await workbookOf(rows))).toBe(true);
  } finally {
    clock.mockRestore();
  }
});

test('names of any characters are text and break no file', async () => {
  const entries = unzipSync(await workbookOf([rowNumber(0, '=1+1 <&> \u0001 _x0041_ 😀')]));
  expect(strFromU8(entries['xl/sharedStrings.xml']!)).toContain(
    '>=1+1 &lt;&amp;&gt; _x0001_ _x005f_x0041_ 😀</t>',
  );
  expect(strFromU8(entries['xl/worksheets/sheet2.xml']!)).not.toContain('<f>');
});

test('a failing database leaves no complete workbook', async () => {
  async function* failing(): AsyncGenerator<readonly ExportRow[]> {
    yield [rowNumber(0)];
    await Promise.resolve();
    throw new Error('the connection is gone');
  }
  await expect(
    (async () => {
      for await (const chunk of workbookChunks(failing(), CONTEXT)) expect(chunk).toBeDefined();
    })(),
  ).rejects.toThrow('the connection is gone');
});

test('a workbook prints across, one page wide, with headings', async () => {
  const entries = unzipSync(await workbookOf([rowNumber(0)]));
  for (const sheet of [1, 2]) {
    const xml = strFromU8(entries[`xl/worksheets/sheet${sheet}.xml`]!);
    expect(xml).toContain('<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>');
    expect(xml).toContain('orientation="landscape" fitToWidth="1" fitToHeight="0"/>');
  }
  expect(strFromU8(entries['xl/worksheets/sheet2.xml']!)).toContain('ySplit="1"');
  expect(strFromU8(entries['xl/workbook.xml']!)).toContain(
    '<definedName name="_xlnm.Print_Titles" localSheetId="1">Items!$1:$1</definedName>',
  );
});
