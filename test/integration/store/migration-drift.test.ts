import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findMigrationsDirectory } from '../../../src/store/migrations/migration-files';
import { schemaEngine } from '../../support/schema-engine';
import { useTestDatabase } from '../../support/test-database';

const SCHEMA_FILE = path.join(findMigrationsDirectory(), '..', 'schema.prisma');
const database = useTestDatabase();

test('the Prisma schema describes exactly the tables that the migrations make', async () => {
  expect(await schemaEngine(database.url, findMigrationsDirectory()).drift()).toBe('');
});

test.each([
  ['a column too few', /^ +hashUnit .*\n/m, '', 'DROP COLUMN "hash_unit"'],
  ['a column of another type', /( +inDoubtCount +)Int/, '$1BigInt', 'SET DATA TYPE BIGINT'],
  ['an index too many', '@@index([day])', '@@index([day])\n@@index([snapshots])', 'CREATE INDEX'],
  ['a rounding amount', /( +amount +Decimal +)@db.Decimal/, '$1@db.Decimal(38, 18)', 'DECIMAL(38,18)'],
])('a schema with %s is noticed', async (_, from, to, statement) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'kpool-drift-'));
  try {
    const schema = await readFile(SCHEMA_FILE, 'utf8');
    const changed = schema.replace(from, to);
    expect(changed).not.toBe(schema);
    const schemaFile = path.join(directory, 'schema.prisma');
    await writeFile(schemaFile, changed);
    expect(await schemaEngine(database.url, findMigrationsDirectory(), schemaFile).drift()).toContain(
      statement,
    );
  } finally {
    await rm(directory, { recursive: true });
  }
});
