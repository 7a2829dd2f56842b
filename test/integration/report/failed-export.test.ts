import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { writeExport } from '../../../src/report/export/export';
import { useExportLab } from '../../support/export-lab';

const NAME = 'statement-2025-02.csv';

const lab = useExportLab();
beforeAll(async () => {
  // Checked at COMMIT, when both files have their names.
  await lab.sql.unsafe(`
    CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused at COMMIT'; END $$;
    CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON book.exports DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION public.refuse()`);
});

const exportFebruary = (mayReplace = false) =>
  writeExport(lab.sql, lab.request({ period: '2025-02', mayReplace }));

describe('an export that cannot be recorded', () => {
  test('leaves no file', async () => {
    await expect(exportFebruary()).rejects.toThrow('refused at COMMIT');
    expect(readdirSync(lab.folder)).toEqual([]);
    expect(await lab.sql`SELECT FROM book.exports`).toHaveLength(0);
  });

  test('leaves the file that it would have replaced', async () => {
    writeFileSync(path.join(lab.folder, NAME), 'exported before');
    await expect(exportFebruary(true)).rejects.toThrow('refused at COMMIT');
    expect(readdirSync(lab.folder)).toEqual([NAME]);
    expect(readFileSync(path.join(lab.folder, NAME), 'utf8')).toBe('exported before');
  });
});
