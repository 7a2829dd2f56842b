import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { isKpoolError } from '../../../src/core/errors';
import { migrate, migrationState } from '../../../src/store/migrations/migrate';
import { findMigrationsDirectory } from '../../../src/store/migrations/migration-files';
import type { TestDatabase } from '../../support/test-database';
import { createTestDatabase } from '../../support/test-database';

const PROGRAM = path.join(findMigrationsDirectory(), '..');
let database: TestDatabase;
let sql: postgres.Sql;
let directory: string;
let role: string;

/** The program's own files, with some views replaced; null removes a view. */
async function filesWith(views: Record<string, string | null>): Promise<{ migrationsDir: string }> {
  const root = await mkdtemp(path.join(directory, 'prisma-'));
  await cp(path.join(PROGRAM, 'migrations'), path.join(root, 'migrations'), { recursive: true });
  await cp(path.join(PROGRAM, 'views'), path.join(root, 'views'), { recursive: true });
  for (const [name, script] of Object.entries(views)) {
    const file = path.join(root, 'views', `${name}.sql`);
    await (script === null ? rm(file) : writeFile(file, script));
  }
  return { migrationsDir: path.join(root, 'migrations') };
}

async function scriptOf(name: string): Promise<string> {
  return readFile(path.join(PROGRAM, 'views', `${name}.sql`), 'utf8');
}

const view = (name: string, columns: string) => `CREATE OR REPLACE VIEW ${name} AS SELECT ${columns};\n`;
const BASE = { 'report.a_base': view('report.a_base', '1 AS one, 2 AS two') };
/** Its name sorts before the view that it uses, and its comment names one that it does not use. */
const BOTH = {
  ...BASE,
  'report.a_above': `-- Not like report.a_other.\nCREATE OR REPLACE VIEW report.a_above AS SELECT one FROM report.a_base;\nCOMMENT ON VIEW report.a_above IS 'See report.a_other.';\n`,
  'report.a_other': `CREATE OR REPLACE VIEW report.a_other AS SELECT one FROM report.a_above;\n`,
};

async function columnsOf(name: string): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    SELECT attname AS name FROM pg_attribute WHERE attrelid = to_regclass(${name}) ORDER BY attnum`;
  return rows.map((row) => row.name);
}

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'kpool-views-'));
});
afterAll(() => rm(directory, { recursive: true }));

beforeEach(async () => {
  database = await createTestDatabase();
  sql = postgres(database.url, { max: 2, onnotice: () => undefined });
  role = `reader_${database.name}`;
  await sql`CREATE ROLE ${sql(role)}`;
});
afterEach(async () => {
  await sql`DROP OWNED BY ${sql(role)}`;
  await sql`DROP ROLE ${sql(role)}`;
  await sql.end();
  await database.drop();
});

test('a changed view is applied again with the views that use it', async () => {
  await migrate(sql, await filesWith(BOTH));
  const changed = await filesWith({
    ...BOTH,
    'report.a_base': view('report.a_base', '1 AS one, 2 AS two, 3 AS three'),
  });
  expect(await migrationState(sql, changed)).toMatchObject({ verdict: 'pending' });
  expect(await migrate(sql, changed)).toMatchObject({
    applied: [],
    views: ['report.a_base', 'report.a_above', 'report.a_other'],
  });
  expect(await columnsOf('report.a_base')).toEqual(['one', 'two', 'three']);
  expect(await migrationState(sql, changed)).toMatchObject({ verdict: 'up to date' });
  expect(await migrate(sql, changed)).toMatchObject({ views: [] });
});

test('a removed column keeps grants and comments of the view', async () => {
  await migrate(sql, await filesWith(BOTH));
  await sql`GRANT SELECT ON report.a_base, report.a_above TO ${sql(role)}`;
  await sql`GRANT SELECT ON report.a_above TO PUBLIC`;
  const grants = () => sql`
    SELECT relname::text, relacl::text FROM pg_class WHERE relname IN ('a_base', 'a_above', 'a_other') ORDER BY 1`;
  const before = await grants();
  const changed = { ...BOTH, 'report.a_base': view('report.a_base', '1::bigint AS one') };
  await migrate(sql, await filesWith(changed));
  expect(await columnsOf('report.a_base')).toEqual(['one']);
  expect(await grants()).toEqual(before);
  expect(await sql`SELECT obj_description('report.a_above'::regclass) AS comment`).toEqual([
    { comment: 'See report.a_other.' },
  ]);
});

test('a user’s view on one of ours stays, or stops the change', async () => {
  await migrate(sql, await filesWith(BASE));
  await sql`CREATE VIEW public.mine AS SELECT two FROM report.a_base`;
  await migrate(sql, await filesWith({ 'report.a_base': view('report.a_base', '1 AS one, 4 AS two') }));
  expect(await sql`SELECT two FROM public.mine`).toEqual([{ two: 4 }]);

  const narrower = await filesWith({ 'report.a_base': view('report.a_base', '1 AS one') });
  const refused: unknown = await migrate(sql, narrower).catch((error: unknown) => error);
  expect(isKpoolError(refused) && [refused.code, refused.hint]).toEqual([
    'database.migration-failed',
    expect.stringContaining('view mine depends on view report.a_base'),
  ]);
  expect(await sql`SELECT two FROM public.mine`).toEqual([{ two: 4 }]);
});

test('a function with other parameters replaces the old one', async () => {
  const before = {
    'report.a_sum': `CREATE OR REPLACE FUNCTION report.a_sum(one integer) RETURNS integer LANGUAGE sql AS 'SELECT one';`,
  };
  const after = {
    'report.a_sum': `CREATE OR REPLACE FUNCTION report.a_sum(one integer, two integer) RETURNS integer LANGUAGE sql AS 'SELECT one + two';`,
  };
  await migrate(sql, await filesWith(before));
  await migrate(sql, await filesWith(after));
  expect(await sql`SELECT oid::regprocedure::text AS name FROM pg_proc WHERE proname = 'a_sum'`).toEqual([
    { name: 'report.a_sum(integer,integer)' },
  ]);
});

test('a view that a new version no longer has is dropped', async () => {
  await migrate(sql, await filesWith(BOTH));
  await migrate(sql);
  expect(await sql`SELECT FROM pg_class WHERE relname LIKE 'a\\_%'`).toHaveLength(0);
});

test('a view that a migration dropped is created again', async () => {
  await sql`DROP VIEW report.unsettled_income`;
  expect(await migrate(sql)).toMatchObject({ views: ['report.unsettled_income'] });
});

test('P7 if one of several views fails, none is changed', async () => {
  await migrate(sql, await filesWith(BASE));
  const broken = await filesWith({
    'report.a_base': view('report.a_base', '5 AS one, 6 AS two'),
    'report.a_broken': view('report.a_broken', '1 / 0 AS nothing, missing'),
  });
  await expect(migrate(sql, broken)).rejects.toThrow(
    'The view report.a_broken could not be applied: column "missing" does not exist.',
  );
  expect(await sql`SELECT one, two FROM report.a_base`).toEqual([{ one: 1, two: 2 }]);
});

test('P7 of four processes that start, one changes the views', async () => {
  const changed = await filesWith({
    'report.income_ledger': `${await scriptOf('report.income_ledger')}-- Changed.\n`,
  });
  const clients = [1, 2, 3, 4].map(() => postgres(database.url, { max: 2, onnotice: () => undefined }));
  const results = await Promise.all(clients.map((client) => migrate(client, changed)));
  await Promise.all(clients.map((client) => client.end()));
  expect(results.filter(({ views }) => views.includes('report.income_ledger'))).toHaveLength(1);
  expect(results.filter(({ views }) => views.length === 0)).toHaveLength(3);
});

test('unchanged views cost a start one query', async () => {
  const queries: string[] = [];
  const watched = postgres(database.url, { max: 1, debug: (_, query) => queries.push(query) });
  await migrate(watched);
  await watched.end();
  expect(queries.filter((query) => query.includes('applied_views'))).toHaveLength(1);
  expect(queries.filter((query) => /BEGIN|CREATE|SAVEPOINT/.test(query))).toEqual([]);
});
