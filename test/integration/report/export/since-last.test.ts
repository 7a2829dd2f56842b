import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeExport } from '../../../../src/report/export/export';
import { useExportLab } from '../../../support/export-lab';

const lab = useExportLab();
const { sql, earn, exported, request } = lab;

test('new, changed and removed rows add up to the whole export', async () => {
  const chain = { sinceLast: true, period: '2024-03', format: 'statement' } as const;
  await earn({ day: '2024-03-01', amount: '1' });
  await earn({ day: '2024-03-02', amount: '2', settledAt: '2024-03-03T00:00:00Z' });
  const first = await exported(chain);
  expect([first.name, first.manifest.changesSince]).toEqual(['statement-2024-03.csv', null]);

  const nothing = await exported(chain);
  expect(nothing.manifest).toMatchObject({ rows: 0, totals: {}, changesSince: first.manifest.asOf });

  await earn({ day: '2024-03-01', amount: '1.5', settledAt: '2024-03-03T00:00:00Z' });
  await earn({ day: '2024-03-04', amount: '4' });
  await sql`UPDATE pool.earnings SET withdrawn_at = now() WHERE mining_date = '2024-03-02'`;
  const second = await exported(chain);
  expect(second.name).toMatch(/^statement-2024-03-changes-\d{8}T\d+Z\.csv$/);
  expect(second.manifest.changesSince).toBe(nothing.manifest.asOf);
  const cells = second.lines.slice(1).map((line) => line.split(','));
  expect(cells.map((row) => [row[2], row[13], row[14], row[15], row[16], row[17]])).toEqual([
    ['changed', '1.5', '1', '0.5', 'SETTLED', 'WAIT_SETTLE'],
    ['removed', '0', '2', '-2', 'SETTLED', 'SETTLED'],
    ['new', '4', '', '4', 'WAIT_SETTLE', ''],
  ]);
  expect(second.manifest.totals).toEqual({
    BTC: { rows: 3, settled: '-0.5', pending: '3', other: '0', adjustments: '0', total: '2.5' },
  });
  const whole = await exported({ period: '2024-03', mayReplace: true });
  expect(whole.manifest.totals['BTC']).toMatchObject({ settled: '1.5', pending: '4', total: '5.5' });
});

test('a changed or missing file of the last export is reported', async () => {
  const chain = { sinceLast: true, period: '2024-09' } as const;
  const first = await writeExport(sql, request(chain));
  writeFileSync(first.files[0], 'edited');
  const second = await writeExport(sql, request(chain));
  expect(first.notes.join(' ')).not.toContain('continues');
  expect(second.notes).toEqual([expect.stringContaining('not as it was exported') as string]);
  rmSync(second.files[0]);
  const third = await writeExport(sql, request(chain));
  expect(third.notes).toEqual([expect.stringContaining('is no longer in') as string]);
  writeFileSync(third.files[1], readFileSync(third.files[1], 'utf8').slice(0, 100));
  await expect(writeExport(sql, request(chain))).rejects.toMatchObject({ code: 'usage.invalid' });
  // An export of another period does not continue it.
  await expect(writeExport(sql, request({ ...chain, period: '2024-10' }))).resolves.toBeDefined();
});

test('an interrupted export does not count as the last one', async () => {
  const chain = { sinceLast: true, period: '2024-11' } as const;
  const first = await writeExport(sql, request(chain));
  const before = readdirSync(lab.folder).sort();
  const gone = new AbortController();
  await earn({ day: '2024-11-01', amount: '1' });
  gone.abort();
  await expect(writeExport(sql, request({ ...chain, signal: gone.signal }))).rejects.toMatchObject({
    code: 'aborted',
  });
  expect(readdirSync(lab.folder).sort()).toEqual(before);
  const second = await writeExport(sql, request(chain));
  expect(second.manifest).toMatchObject({ changesSince: first.manifest.asOf, rows: 1 });
});
