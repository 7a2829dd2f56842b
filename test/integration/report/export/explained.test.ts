// Is an export named by `kpool explain` exactly when its file holds the row?
import { findExplanation } from '../../../../src/report/explain/explain-row';
import type { Basis } from '../../../../src/report/export/selection';
import { useExportLab } from '../../../support/export-lab';

const { sql, earn, earnFebruary, exported } = useExportLab();
beforeAll(async () => {
  await earnFebruary();
  await earn({ day: '2025-02-03', amount: '0', settledAt: '2025-02-04T00:00:00Z' });
  // Settled without a settle time.
  await earn({ day: '2025-02-04', amount: '2', status: 'SETTLED' });
});

/** Files that carry the ids of their rows. */
const FILES = [
  ['statement', 'csv'],
  ['koinly', 'csv'],
  ['journal', 'beancount'],
  ['journal', 'hledger'],
] as const;
const BASES: readonly Basis[] = ['accrual', 'cash'];
const PERIODS = ['2025-01', '2025-02', '2025-03', null] as const;

test('P4 an export is named exactly when its file holds the row', async () => {
  const written = [];
  for (const [format, fileType] of FILES)
    for (const basis of BASES)
      for (const period of PERIODS)
        for (const accountName of [null, 'main'])
          written.push(await exported({ format, fileType, basis, period, accountName, mayReplace: true }));
  const rows = await sql<{ id: string }[]>`SELECT row_id AS id FROM report.income_ledger`;
  expect(rows).toHaveLength(8);
  let named = 0;
  for (const { id } of rows) {
    const explanation = await findExplanation(sql, id);
    const files = explanation!.exports.map(({ file, sha256 }) => `${file} ${sha256}`);
    const holding = written.filter(({ text }) => text.includes(id));
    expect(files).toEqual(holding.map(({ name, manifest }) => `${name} ${manifest.files[0]!.sha256}`));
    named += files.length;
  }
  expect(named).toBeGreaterThan(100);
});
