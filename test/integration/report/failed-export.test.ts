import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { writeExport, type ExportRequest } from '../../../src/report/export/export';
import { useTestDatabase } from '../../support/test-database';
import { runDirectory } from '../../support/test-run';

const NAME = 'statement-2025-02.csv';

const { sql } = useTestDatabase({ connections: 2 });
let folder: string;
beforeAll(async () => {
  // Checked at COMMIT, when both files have their names.
  await sql.unsafe(`
    CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused at COMMIT'; END $$;
    CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON book.exports DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION public.refuse()`);
});
beforeEach(() => {
  folder = mkdtempSync(path.join(runDirectory(), 'failed-export-'));
});

const exportFebruary = (over: Partial<ExportRequest> = {}) =>
  writeExport(sql, {
    format: 'statement',
    fileType: 'csv',
    accountsFile: null,
    period: '2025-02',
    basis: null,
    accountName: null,
    asOf: null,
    sinceLast: false,
    folder,
    mayReplace: false,
    signal: new AbortController().signal,
    ...over,
  });

describe('an export that cannot be recorded', () => {
  test('leaves no file', async () => {
    await expect(exportFebruary()).rejects.toThrow('refused at COMMIT');
    expect(readdirSync(folder)).toEqual([]);
    expect(await sql`SELECT FROM book.exports`).toHaveLength(0);
  });

  test('leaves the file that it would have replaced', async () => {
    writeFileSync(path.join(folder, NAME), 'exported before');
    await expect(exportFebruary({ mayReplace: true })).rejects.toThrow('refused at COMMIT');
    expect(readdirSync(folder)).toEqual([NAME]);
    expect(readFileSync(path.join(folder, NAME), 'utf8')).toBe('exported before');
  });
});
