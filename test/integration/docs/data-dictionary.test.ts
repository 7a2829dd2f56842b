import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describeData } from '../../support/data-dictionary';
import { useTestDatabase } from '../../support/test-database';

const FILE = path.join(__dirname, '..', '..', '..', 'docs', 'data-dictionary.md');

const { sql } = useTestDatabase();

test('docs/data-dictionary.md matches the database', async () => {
  const text = await describeData(sql);
  if (process.env['KPOOL_WRITE_DOCS'] === '1') await writeFile(FILE, text);
  expect((await readFile(FILE, 'utf8')).split('\n')).toEqual(text.split('\n'));
});
