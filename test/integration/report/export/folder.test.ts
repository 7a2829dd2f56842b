import { readdirSync } from 'node:fs';
import path from 'node:path';
import { writeExport } from '../../../../src/report/export/export';
import { useExportLab } from '../../../support/export-lab';

const lab = useExportLab();
const { sql, earnFebruary, exported, request } = lab;
beforeAll(earnFebruary);

test('a file is replaced only by force, and never half written', async () => {
  await exported({ period: '2025-02' });
  const before = readdirSync(lab.folder).sort();
  expect(before).toEqual(['statement-2025-02.csv', 'statement-2025-02.csv.manifest.json']);
  await expect(writeExport(sql, request({ period: '2025-02' }))).rejects.toMatchObject({
    code: 'usage.invalid',
    message: expect.stringContaining('already') as string,
  });
  await exported({ period: '2025-02', mayReplace: true });
  const aborted = AbortSignal.abort();
  await expect(writeExport(sql, request({ signal: aborted }))).rejects.toMatchObject({ code: 'aborted' });
  expect(readdirSync(lab.folder).sort()).toEqual(before);
});

test('a missing folder is created, an impossible one is refused', async () => {
  const deep = path.join(lab.folder, 'books', '2025');
  await writeExport(sql, request({ period: '2025-02', folder: deep }));
  expect(readdirSync(deep)).toContain('statement-2025-02.csv');
  const file = path.join(deep, 'statement-2025-02.csv');
  const wrong = [file, path.join(file, 'books')];
  // Node's own recursive mkdir never returns in /proc.
  for (const impossible of process.platform === 'linux' ? [...wrong, '/proc/x', '/proc/x/y'] : wrong) {
    await expect(writeExport(sql, request({ folder: impossible }))).rejects.toMatchObject({
      code: 'usage.invalid',
      hint: expect.stringContaining('--out') as string,
    });
  }
});
