import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { writeExport } from '../../../../src/report/export/export';
import { useExportLab } from '../../../support/export-lab';

const lab = useExportLab();
const { sql, earnFebruary, exported, request } = lab;
beforeAll(earnFebruary);

test('P1 a statement is exact and adds up to the last digit', async () => {
  const { manifest, lines, text } = await exported({ period: '2025-02' });
  expect(lines).toHaveLength(5);
  expect(lines[0]).toBe(
    '\ufeffrow_id,kind,change,account,sub_account,puid,algo,source,type,adjusts_month,mining_date,mined_at,currency,amount,previous_amount,to_book,status,previous_status,settled_at,known_since,price,value,value_currency,price_source',
  );
  expect(text).toContain(',0.100000000000000001,,0.100000000000000001,SETTLED,,2025-02-02T10:20:30.000000Z,');
  expect(text).toContain(',12345678901234567890.5,');
  expect(manifest).toMatchObject({
    period: '2025-02',
    from: '2025-02-01T00:00:00.000000Z',
    to: '2025-03-01T00:00:00.000000Z',
    timeZone: 'UTC',
    basis: 'accrual',
    rows: 4,
    asOfReason: 'now',
    changesSince: null,
    leftOut: {},
  });
  expect(manifest.totals).toEqual({
    BTC: {
      rows: 3,
      settled: '-0.149999999999999999',
      pending: '12345678901234567890.5',
      other: '0',
      adjustments: '0',
      total: '12345678901234567890.350000000000000001',
    },
    LTC: { rows: 1, settled: '0', pending: '0', other: '3', adjustments: '0', total: '3' },
  });
});

test('a name that could run as a formula is written as text', async () => {
  const { text } = await exported({ period: '2025-02' });
  expect(text).toContain(",'=cmd|calc,7,");
  expect(text).toContain(',"Über ""sub"", eins",8,');
  expect(text).toContain(',-0.25,');
});

test('a statement on the cash basis holds what was paid', async () => {
  const { lines, name } = await exported({ period: '2025-02', basis: 'cash' });
  expect(name).toBe('statement-2025-02-cash.csv');
  expect(lines).toHaveLength(2);
  expect(lines[1]).toContain('0.100000000000000001');
});

test('a statement can be of one account, but not of an unknown one', async () => {
  const { lines, name, manifest } = await exported({ period: '2025-02', accountName: 'farm' });
  expect([lines.length, name, manifest.account]).toEqual([2, 'statement-2025-02-farm.csv', 'farm']);
  await expect(writeExport(sql, request({ accountName: 'nobody' }))).rejects.toMatchObject({
    code: 'usage.invalid',
    hint: 'Known: farm, main.',
  });
});

test('a statement follows the time zone of the reports', async () => {
  await sql`INSERT INTO sync.settings (key, value) VALUES ('report_time_zone', '"America/New_York"')`;
  try {
    const { manifest } = await exported({ period: '2025-02' });
    expect(manifest).toMatchObject({ from: '2025-02-01T05:00:00.000000Z', timeZone: 'America/New_York' });
    // Midnight in UTC is still the evening before.
    expect(manifest.totals['BTC']?.pending).toBe('12345678901234567897.5');
  } finally {
    await sql`DELETE FROM sync.settings WHERE key = 'report_time_zone'`;
  }
});

test('a row has one id in every export, and no other row has it', async () => {
  const first = await exported({ period: '2025-02' });
  const all = await exported({ period: '2025' });
  const idsOf = (lines: readonly string[]) => lines.slice(1).map((line) => line.slice(0, 32));
  expect(new Set(idsOf(all.lines)).size).toBe(6);
  expect(idsOf(all.lines)).toEqual(expect.arrayContaining(idsOf(first.lines)));
});

test('a JSON statement holds the same rows, with amounts as text', async () => {
  const { text, manifest } = await exported({ period: '2025-02', fileType: 'json' });
  const { rows, about } = JSON.parse(text) as { rows: Record<string, string>[]; about: unknown };
  expect(rows.map((row) => row['amount'])).toEqual([
    '0.100000000000000001',
    '-0.25',
    '12345678901234567890.5',
    '3',
  ]);
  expect(rows[0]).toMatchObject({ sub_account: '=cmd|calc', type: null });
  expect({ ...(about as object), files: manifest.files }).toEqual(manifest);
});

test.each(['csv', 'json', 'xlsx'] as const)(
  'P4 a statement as of one instant has the same %s bytes',
  async (fileType) => {
    const fileOf = async (asOf: string) => {
      const { manifest } = await writeExport(
        sql,
        request({ period: '2025-02', fileType, asOf, mayReplace: true }),
      );
      return manifest.files[0]!;
    };
    const { manifest } = await writeExport(sql, request({ period: '2025-02', fileType, asOf: 'now' }));
    const first = await fileOf(manifest.asOf);
    expect(await fileOf(manifest.asOf)).toEqual(first);
    expect(
      createHash('sha256')
        .update(readFileSync(path.join(lab.folder, first.name)))
        .digest('hex'),
    ).toBe(first.sha256);
  },
);

test('P8 a long statement is streamed, each row once and in order', async () => {
  await sql`
    INSERT INTO pool.rewards (puid, algo, currency, mined_at, type, ordinal, amount, status, settled_at)
    SELECT 7, 'SHA256d', 'LTC', '2023-01-01'::timestamptz + make_interval(mins => n), 'REWARD_EARN', 0, n / 1000.0,
           'SETTLED', '2023-06-01' FROM generate_series(1, 5500) AS n`;
  const { lines, manifest } = await exported({ period: '2023' });
  expect(lines).toHaveLength(5501);
  expect(new Set(lines).size).toBe(5501);
  expect(manifest.totals['LTC']?.total).toBe('15127.75');
  const days = lines.slice(1).map((line) => line.split(',')[11]!);
  expect(days).toEqual([...days].sort());
});
