import { closeMonth } from '../../../../src/report/months/closes';
import { findMonth } from '../../../../src/report/months/month';
import { writeExport } from '../../../../src/report/export/export';
import { useExportLab } from '../../../support/export-lab';

const { sql, earn, exported, request } = useExportLab();

test('P4 an export as of an earlier instant never changes', async () => {
  await earn({ day: '2025-05-01', amount: '1' });
  const first = await exported({ period: '2025-05' });
  await earn({ day: '2025-05-01', amount: '2', settledAt: '2025-05-03T00:00:00Z' });
  await earn({ day: '2025-05-02', amount: '4' });
  // It is written beside the first one, under a name of its own.
  const again = await exported({ period: '2025-05', asOf: first.manifest.asOf });
  expect(again.text).toBe(first.text);
  expect(again.name).toMatch(/^statement-2025-05-as-of-\d{8}T\d+Z\.csv$/);
  const files = first.manifest.files.map((file) => ({ ...file, name: again.name }));
  expect(again.manifest).toEqual({ ...first.manifest, asOfReason: 'given', files });
  const now = await exported({ period: '2025-05', mayReplace: true });
  expect(now.manifest.totals['BTC']?.total).toBe('6');
});

test('P11 an export as of before the first sync says so', async () => {
  const { notes, manifest } = await writeExport(sql, request({ asOf: '2020-01-01T00:00:00Z' }));
  expect([manifest.rows, notes]).toEqual([
    0,
    [expect.stringContaining('Nothing was known at 2020-01-01') as string],
  ]);
});

test('P11 an empty month is distinguished from an unread one', async () => {
  const empty = async (period: string) => {
    const { manifest, notes, isUnread } = await writeExport(sql, request({ period, mayReplace: true }));
    expect(manifest.rows).toBe(0);
    return [isUnread, notes.join(' ')];
  };
  const none = 'There is no income in 2024-05 (UTC)';
  expect(await empty('2024-05')).toEqual([true, expect.stringMatching(/None has been synced yet/)]);
  await sql`
    INSERT INTO sync.cursors (stream, puid, algo)
    VALUES ('earnings', 7, 'SHA256d'), ('rewards', 7, 'SHA256d')`;
  expect(await empty('2024-05')).toEqual([
    true,
    expect.stringMatching(/It was not read whole for this time/),
  ]);
  await sql`
    INSERT INTO sync.windows (stream, puid, algo, from_at, to_at, verified_at)
    SELECT stream, puid, algo, '2024-05-20Z', 'infinity', now() FROM sync.cursors`;
  expect(await empty('2024-05')).toEqual([true, expect.stringContaining(none)]);
  await sql`UPDATE sync.cursors SET history_complete = stream = 'earnings'`;
  expect(await empty('2024-05')).toEqual([
    true,
    expect.stringMatching(/1 of 2 lists of income were not read/),
  ]);
  await sql`UPDATE sync.cursors SET history_complete = true`;
  expect(await empty('2024-05')).toEqual([
    false,
    expect.stringMatching(/^There is no income in 2024-05 \(UTC\) as of \S+\.$/),
  ]);
  expect(await empty('2024-04')).toEqual([true, expect.stringMatching(/not read whole/)]);
  expect(await empty('2999-01')).toEqual([true, expect.stringMatching(/not read whole/)]);
  await sql`DELETE FROM sync.windows`;
  await sql`DELETE FROM sync.cursors`;
});

test('an instant in the future is refused', async () => {
  await expect(writeExport(sql, request({ asOf: '2999-01-01T00:00:00Z' }))).rejects.toMatchObject({
    code: 'usage.invalid',
  });
});

test('a closed month is exported as of its close', async () => {
  await earn({ day: '2025-07-10', amount: '1' });
  const closed = await closeMonth(sql, findMonth('2025-07')!, { note: null, force: true });
  await earn({ day: '2025-07-10', amount: '0.75' });
  await earn({ day: '2025-08-01', amount: '10' });

  const july = await exported({ period: '2025-07' });
  expect(july.manifest.asOfReason).toBe('close of the month');
  expect(closed).toMatchObject({ record: { instant: july.manifest.asOf } });
  expect(july.manifest.totals['BTC']).toMatchObject({ total: '1', adjustments: '0' });

  const [booked] = await sql<{ month: string }[]>`
    SELECT to_char(booked_in, 'YYYY-MM') AS month FROM report.income_changes`;
  const later = await exported({ period: booked!.month });
  expect(later.manifest.totals['BTC']?.adjustments).toBe('-0.25');
  expect(later.lines.filter((line) => line.includes(',adjustment,'))).toEqual([
    expect.stringContaining(',2025-07,2025-07-10,') as string,
  ]);
  // An export of the whole year reads the month as it is now, so its adjustment would count twice.
  const year = await exported({ period: '2025', basis: 'accrual' });
  expect(year.text).not.toContain('adjustment');
});

test('a late payment of a closed month is in the next open one', async () => {
  await earn({ day: '2025-10-30', amount: '2' });
  await closeMonth(sql, findMonth('2025-10')!, { note: null, force: true });
  await earn({ day: '2025-10-30', amount: '2', settledAt: '2025-10-31T09:00:00Z' });
  const october = await exported({ period: '2025-10', basis: 'cash' });
  expect(october.manifest.rows).toBe(0);
  const november = await exported({ period: '2025-11', basis: 'cash' });
  expect(november.manifest.totals['BTC']).toMatchObject({ rows: 1, adjustments: '2', total: '2' });
  expect(november.lines[1]).toContain(',2025-10,2025-10-30,');
  const koinly = await exported({ period: '2025-11', format: 'koinly' });
  expect(koinly.lines[1]).toMatch(/^2025-10-31 00:00:00 UTC,,,2,BTC,,,,,mining,/);
  expect((await exported({ period: '2025-11' })).manifest.rows).toBe(0);
});
