import { readFileSync } from 'node:fs';
import { strFromU8, unzipSync } from 'fflate';
import { writeExport } from '../../../../src/report/export/export';
import { useExportLab } from '../../../support/export-lab';

const { sql, earnFebruary, request } = useExportLab();
beforeAll(earnFebruary);

/** The texts of a workbook's cells, sheet by sheet. */
function sheetsOf(file: string): readonly (readonly (readonly string[])[])[] {
  const entries = unzipSync(readFileSync(file));
  const texts = [...strFromU8(entries['xl/sharedStrings.xml']!).matchAll(/<t[^>]*>([^<]*)<\/t>/g)].map(
    ([, text]) => text!,
  );
  return [1, 2].map((sheet) =>
    [...strFromU8(entries[`xl/worksheets/sheet${sheet}.xml`]!).matchAll(/<row[^>]*>(.*?)<\/row>/g)].map(
      ([, row]) =>
        [...row!.matchAll(/<c r="[A-Z]+\d+"[^>]*?(t="s")?(?:\/>|><v>([^<]*)<\/v>)/g)].map(
          ([, isText, value]) => (isText === undefined ? (value ?? '') : texts[Number(value)]!),
        ),
    ),
  );
}

test('P1 a workbook holds each amount as text and as a number', async () => {
  const { files } = await writeExport(sql, request({ period: '2025-02', fileType: 'xlsx' }));
  const [title, items] = sheetsOf(files[0]);
  expect(items![0]).toEqual([
    'Mined on',
    'Paid on',
    'Sub-account',
    'Income',
    'Status',
    'Coin',
    'Amount',
    'Exact amount',
    'Account',
    'Algorithm',
    'Known since (UTC)',
    'Sub-account id',
    'Row id',
  ]);
  expect(items!.slice(1).map((row) => row.slice(-11, -5))).toEqual([
    ['=cmd|calc', 'Mining', 'Settled', 'BTC', '0.1', '0.100000000000000001'],
    ['=cmd|calc', 'Mining', 'Settled', 'BTC', '-0.25', '-0.25'],
    ['Über "sub", eins', 'Mining', 'Pending', 'BTC', '12345678901234567000', '12345678901234567890.5'],
    ['=cmd|calc', 'Mining', 'ODD', 'LTC', '3', '3'],
  ]);
  expect(title![0]).toEqual(['Mining income, February 2025']);
  expect(title).toEqual(
    expect.arrayContaining([
      ['Account', 'farm, main'],
      ['Period', '2025-02-01 to 2025-02-28 (days of UTC)'],
      ['Tie-out', 'Not compared: the pool has reported no totals for it.'],
      ['Items', '4'],
      ['Coin', '', 'Items', 'Settled', 'Pending', 'Other', 'Total'],
      [
        'BTC',
        '',
        '3',
        '-0.149999999999999999',
        '12345678901234567890.500000000000000000',
        '0',
        '12345678901234567890.350000000000000001',
      ],
      ['LTC', '', '1', '0', '0', '3', '3'],
      ['LTC', '2025-02-28', '1', '0', '3', '3'],
    ]),
  );
});
