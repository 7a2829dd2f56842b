import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findMigrationsDirectory } from '../../../src/store/migrations/migration-files';
import { schemaEngine } from '../../support/schema-engine';
import { useTestDatabase } from '../../support/test-database';

const SCHEMA_FILE = path.join(findMigrationsDirectory(), '..', 'schema.prisma');
const database = useTestDatabase();

test('the Prisma models are the tables of the migrations', async () => {
  expect(await schemaEngine(database.url, findMigrationsDirectory()).drift()).toBe('');
});

/** The `view` blocks of the schema `report` by their names, each line with single spaces. */
function viewBlocks(schema: string): Record<string, readonly string[]> {
  const blocks = [...schema.matchAll(/^view (\w+) \{\n([^]*?)^\}/gm)].map(([, name = '', body = '']) => {
    const lines = body.split('\n').map((line) => line.trim().replace(/ +/g, ' '));
    // PostgreSQL keeps six digits in any case.
    const plain = lines.map((line) => line.replace('@db.Timestamptz(6)', '@db.Timestamptz'));
    return [name, plain.filter((line) => line !== '')] as const;
  });
  return Object.fromEntries(blocks.filter(([, lines]) => lines.includes('@@schema("report")')));
}

test('the Prisma views are the views of report, type by type', async () => {
  const pulled = await schemaEngine(database.url, findMigrationsDirectory()).pull();
  expect(viewBlocks(await readFile(SCHEMA_FILE, 'utf8'))).toEqual(viewBlocks(pulled));
});

test.each([
  ['a table too few', /model Stream \{[^}]*\}/, '', 'DROP TABLE "sync"."streams"'],
  ['a column too few', /^ +hashUnit .*\n/m, '', 'DROP COLUMN "hash_unit"'],
  ['a column of another type', /( +rowsRead +)Int/, '$1BigInt', 'SET DATA TYPE BIGINT'],
  ['an index too many', '@@index([accountId])', '@@index([accountId])\n@@index([pname])', 'CREATE INDEX'],
  [
    'a rounding rate',
    /( +rejectRate +Decimal\? +@map\("reject_rate"\) )@db.Decimal/,
    '$1@db.Decimal(38, 18)',
    'DECIMAL(38,18)',
  ],
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
