import type { Manifest } from '../../../src/report/export/manifest';
import type { ExportRow } from '../../../src/report/export/rows';
import { workbookChunks } from '../../../src/report/export/workbook';
import { zipEntries } from '../../support/zip-entries';

const ABOUT: Omit<Manifest, 'files'> = {
  ...{ kpoolExport: 1, format: 'statement', period: 'all', from: null, to: null, timeZone: 'UTC' },
  ...{ basis: 'accrual', account: null, asOf: '2026-11-01T00:00:00.000000Z', asOfReason: 'now' },
  ...{ changesSince: null, rows: 0, leftOut: {}, totals: {} },
};

function rowNumber(ordinal: number, subAccount = 'farm'): ExportRow {
  return {
    ...{ kind: 'income', change: null, account: 'main', subAccount, puid: '1', algo: 'SHA256d' },
    ...{ currency: 'BTC', source: 'earnings', type: null, ordinal, miningDate: '2026-10-01' },
    ...{ minedAt: '2026-10-01T00:00:00.000000Z', amount: '0.000000000000000001', previousAmount: null },
    ...{ delta: '0.000000000000000001', status: 'SETTLED', previousStatus: null, settledAt: null },
    ...{ knownSince: '2026-10-02T00:00:00.000000Z', adjusts: null },
  };
}

async function* inBatches(rows: readonly ExportRow[], size: number): AsyncGenerator<readonly ExportRow[]> {
  for (let at = 0; at < rows.length; at += size) yield await Promise.resolve(rows.slice(at, at + size));
}

async function workbookOf(rows: readonly ExportRow[], sheetRows?: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of workbookChunks(inBatches(rows, 3), () => ABOUT, sheetRows)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const sheetsOf = (workbook: Buffer): Record<string, string> => {
  const entries = zipEntries(workbook);
  const names = [
    ...entries
      .get('xl/workbook.xml')!
      .toString()
      .matchAll(/<sheet name="([^"]*)"/g),
  ];
  return Object.fromEntries(
    names.map(([, name = ''], index): [string, string] => [
      name,
      entries.get(`xl/worksheets/sheet${index + 1}.xml`)!.toString(),
    ]),
  );
};
const rowsIn = (sheet: string): number => [...sheet.matchAll(/<row /g)].length;

test.each([
  ['no row at all', 0, { Income: 1 }],
  ['as many rows as a sheet holds', 4, { Income: 5 }],
  ['one more', 5, { Income: 5, 'Income 2': 2 }],
  ['three sheets', 12, { Income: 5, 'Income 2': 5, 'Income 3': 5 }],
])(
  'rows beyond what one worksheet holds go on in another, under the same headings: %s',
  async (_, count, expected) => {
    const rows = Array.from({ length: count }, (__, index) => rowNumber(index));
    const sheets = sheetsOf(await workbookOf(rows, 5));
    expect(Object.keys(sheets)).toEqual([...Object.keys(expected), 'Totals', 'About']);
    for (const [name, rowCount] of Object.entries(expected)) {
      expect(rowsIn(sheets[name]!)).toBe(rowCount);
      expect(sheets[name]).toContain('>row_id<');
    }
  },
);

test('P4 the same rows make the same bytes, today and tomorrow', async () => {
  const rows = Array.from({ length: 50 }, (_, index) => rowNumber(index));
  const today = await workbookOf(rows);
  jest.useFakeTimers({
    now: Date.now() + 86_400_000,
    doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'setTimeout', 'performance'],
  });
  try {
    expect((await workbookOf(rows)).equals(today)).toBe(true);
  } finally {
    jest.useRealTimers();
  }
});

test('names of any characters are text, and none breaks the file', async () => {
  const sheets = sheetsOf(await workbookOf([rowNumber(0, '=1+1 <&"> \u0001 _x0041_ 😀')]));
  expect(sheets['Income']).toContain(
    '<is><t xml:space="preserve">=1+1 &lt;&amp;&quot;&gt; _x0001_ _x005f_x0041_ 😀</t></is>',
  );
  expect(sheets['Income']).not.toContain('<f>');
});

test('a failure of the database while a workbook is written is not a whole workbook', async () => {
  async function* failing(): AsyncGenerator<readonly ExportRow[]> {
    yield [rowNumber(0)];
    await Promise.resolve();
    throw new Error('the connection is gone');
  }
  await expect(
    (async () => {
      for await (const chunk of workbookChunks(failing(), () => ABOUT)) expect(chunk).toBeInstanceOf(Buffer);
    })(),
  ).rejects.toThrow('the connection is gone');
});
