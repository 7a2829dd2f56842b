import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { isKpoolError } from '../../../src/core/errors';
import { migrate, migrationState } from '../../../src/store/migrations/migrate';
import { findMigrationsDirectory, readMigrationFiles } from '../../../src/store/migrations/migration-files';
import { schemaEngine } from '../../support/schema-engine';
import type { TestDatabase } from '../../support/test-database';
import { createTestDatabase } from '../../support/test-database';

const MIGRATIONS = findMigrationsDirectory();
let names: string[];
let database: TestDatabase;
let sql: postgres.Sql;
let directory: string;

function connect(url = database.url): postgres.Sql {
  return postgres(url, { max: 2, onnotice: () => undefined });
}

/** A migrations directory for one test, without views beside it. */
async function writeMigrations(scripts: Record<string, string>): Promise<string> {
  const parent = await mkdtemp(path.join(directory, 'prisma-'));
  const root = path.join(parent, 'migrations');
  await mkdir(root);
  await mkdir(path.join(parent, 'views'));
  await cp(path.join(MIGRATIONS, 'migration_lock.toml'), path.join(root, 'migration_lock.toml'));
  for (const [name, script] of Object.entries(scripts)) {
    await mkdir(path.join(root, name));
    await writeFile(path.join(root, name, 'migration.sql'), script);
  }
  return root;
}

/** A copy of some of the program's migrations, which may be edited. */
async function copyMigrations(
  from: number,
  to: number,
  edit = (script: string): string => script,
): Promise<string> {
  const chosen = names.slice(from, to);
  const scripts = await Promise.all(
    chosen.map(async (name) => [
      name,
      edit(await readFile(path.join(MIGRATIONS, name, 'migration.sql'), 'utf8')),
    ]),
  );
  return writeMigrations(Object.fromEntries(scripts) as Record<string, string>);
}

async function rejection(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await promise;
  } catch (error) {
    if (!isKpoolError(error)) throw error;
    return { code: error.code, message: error.message, hint: error.hint };
  }
  throw new Error('It did not fail.');
}

async function recordedNames(): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND applied_steps_count = 1
     ORDER BY started_at`;
  return rows.map((row) => row.name);
}

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'kpool-migrate-'));
  names = (await readMigrationFiles(MIGRATIONS)).map((file) => file.name);
});
afterAll(() => rm(directory, { recursive: true }));

beforeEach(async () => {
  database = await createTestDatabase({ template: 'template1' });
  sql = connect();
});
afterEach(async () => {
  await sql.end();
  await database.drop();
});

test('an empty database gets every migration once, in order', async () => {
  expect(await migrationState(sql)).toMatchObject({ verdict: 'pending', pending: names, appliedCount: 0 });
  const lines: string[] = [];
  expect(await migrate(sql, { log: (line) => lines.push(line) })).toEqual({
    applied: names,
    alreadyApplied: 0,
    views: expect.arrayContaining(['report.income_ledger']) as string[],
  });
  expect(lines.slice(0, -1)).toEqual(names.map((name) => `Applied migration ${name}.`));
  expect(await recordedNames()).toEqual(names);

  expect(await migrate(sql)).toEqual({ applied: [], alreadyApplied: names.length, views: [] });
  expect(await migrationState(sql)).toMatchObject({ verdict: 'up to date', appliedCount: names.length });
  expect(await schemaEngine(database.url, MIGRATIONS).status()).toEqual({
    editedMigrationNames: [],
    failedMigrationNames: [],
    hasMigrationsTable: true,
    history: null,
  });
});

test('P7 four processes at once apply each migration once', async () => {
  const clients = [1, 2, 3, 4].map(() => connect());
  const results = await Promise.all(clients.map((client) => migrate(client)));
  await Promise.all(clients.map((client) => client.end()));
  expect(results.flatMap((result) => result.applied)).toEqual(names);
  expect(await recordedNames()).toEqual(names);
});

test('`prisma migrate deploy` and kpool see what the other applied', async () => {
  const half = Math.ceil(names.length / 2);
  expect(await schemaEngine(database.url, await copyMigrations(0, half)).deploy()).toEqual(
    names.slice(0, half),
  );
  expect(await migrate(sql)).toMatchObject({ applied: names.slice(half), alreadyApplied: half });
  const engine = schemaEngine(database.url, MIGRATIONS);
  expect(await engine.deploy()).toEqual([]);
  expect(await engine.status()).toMatchObject({
    history: null,
    editedMigrationNames: [],
    failedMigrationNames: [],
  });
});

test('`prisma migrate deploy` and kpool at once apply each once', async () => {
  const engine = schemaEngine(database.url, MIGRATIONS);
  const [byEngine, byUs, again] = await Promise.all([engine.deploy(), migrate(sql), migrate(sql)]);
  expect([...byEngine, ...byUs.applied, ...again.applied].sort()).toEqual(names);
  expect(await engine.status()).toMatchObject({ history: null });
});

test('a database migrated by a newer version is refused', async () => {
  await migrate(sql);
  await sql`
    INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at)
    VALUES ('later', '', '20990101000000_later', now())`;
  expect(await rejection(migrate(sql))).toMatchObject({
    code: 'database.newer',
    message: expect.stringContaining('20990101000000_later') as string,
    hint: expect.stringContaining('Run that version') as string,
  });
  expect(await migrationState(sql)).toMatchObject({ verdict: 'newer' });
});

test('a database of a build before the first release is refused', async () => {
  const older = await writeMigrations({ '20261122000100_schemas_and_clock': 'CREATE TABLE older ()' });
  await migrate(sql, { migrationsDir: older });
  expect(await rejection(migrate(sql))).toMatchObject({
    code: 'database.refused',
    message: expect.stringContaining('from before its first release') as string,
    hint: expect.stringContaining('an empty database') as string,
  });
  expect(await migrationState(sql)).toMatchObject({ verdict: 'foreign' });
  expect(await sql`SELECT to_regnamespace('pool') AS pool`).toEqual([{ pool: null }]);
});

test('a migration left unfinished by another tool is refused', async () => {
  const broken = await writeMigrations({ '20260101000000_broken': 'SELECT 1/0;' });
  await expect(schemaEngine(database.url, broken).deploy()).rejects.toThrow('Applying migration');
  expect(await migrationState(sql)).toMatchObject({ verdict: 'failed', failed: ['20260101000000_broken'] });
  const refused = await rejection(migrate(sql));
  expect(refused).toMatchObject({ code: 'database.migration-failed' });
  const [, statement] = /run: (UPDATE.*;)/.exec(String(refused['hint'])) ?? [];
  await sql.unsafe(statement!);
  expect(await migrate(sql)).toMatchObject({ applied: names, alreadyApplied: 0 });
});

test('a migration edited after it was applied is refused', async () => {
  await migrate(sql);
  const edited = await copyMigrations(0, names.length, (script) => script.replaceAll('\n', '\r\n'));
  expect(await migrationState(sql, { migrationsDir: edited })).toMatchObject({
    verdict: 'changed',
    changed: names,
  });
  expect(await rejection(migrate(sql, { migrationsDir: edited }))).toMatchObject({
    code: 'database.migration-failed',
    message: expect.stringContaining('a text that differs') as string,
  });
});

test('a failing migration leaves nothing and is tried again', async () => {
  const scripts = {
    '20260101000000_good': 'CREATE TABLE good ();',
    '20260102000000_bad': 'CREATE TABLE half (); SELECT 1/0;',
  };
  expect(await rejection(migrate(sql, { migrationsDir: await writeMigrations(scripts) }))).toMatchObject({
    code: 'database.migration-failed',
    message: 'The migration 20260102000000_bad could not be applied: division by zero.',
  });
  expect(await recordedNames()).toEqual(['20260101000000_good']);
  expect(await sql`SELECT to_regclass('half') AS half`).toEqual([{ half: null }]);

  const mended = await writeMigrations({ ...scripts, '20260102000000_bad': 'CREATE TABLE half ();' });
  expect(await migrate(sql, { migrationsDir: mended })).toMatchObject({
    applied: ['20260102000000_bad'],
    alreadyApplied: 1,
  });
});

test('P7 a killed migration is continued by the next start', async () => {
  const slow = await writeMigrations({
    '20260101000000_good': 'CREATE TABLE good ();',
    '20260102000000_slow': 'CREATE TABLE half (); SELECT pg_sleep(600);',
  });
  const victim = connect();
  const killed = rejection(migrate(victim, { migrationsDir: slow }));
  for (let found = false; !found;) {
    const rows = await sql`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND wait_event = 'PgSleep'`;
    found = rows.length > 0;
  }
  expect(await killed).toMatchObject({ code: 'database.unreachable' });
  // Without a timeout, postgres.js waits forever for a reserved connection that broke.
  await victim.end({ timeout: 1 });
  const fast = await writeMigrations({
    '20260101000000_good': 'CREATE TABLE good ();',
    '20260102000000_slow': 'CREATE TABLE half ();',
  });
  expect(await migrate(sql, { migrationsDir: fast })).toMatchObject({ alreadyApplied: 1 });
});

test('a user who may not create roles learns what to grant', async () => {
  const role = `limited_${database.name}`;
  const reader = `reader_${database.name}`;
  // The role has another name, because other tests created kpool_reader on this server.
  const migrations = await copyMigrations(0, names.length, (script) =>
    script.replaceAll('kpool_reader', reader),
  );
  await sql`CREATE ROLE ${sql(role)} LOGIN PASSWORD 'for-tests-only'`;
  await sql`ALTER DATABASE ${sql(database.name)} OWNER TO ${sql(role)}`;
  // On PostgreSQL 14 every user may create in public, from 15 on the database's owner may.
  const url = new URL(database.url);
  url.username = role;
  const notices: string[] = [];
  const limited = postgres(url.href, { max: 1, onnotice: (notice) => notices.push(notice['message'] ?? '') });
  try {
    expect((await migrate(limited, { migrationsDir: migrations })).applied).toEqual(names);
    expect(notices).toContainEqual(expect.stringContaining('SELECT sync.grant_reading('));
    expect(await sql`SELECT to_regrole(${reader}) AS reader`).toEqual([{ reader: null }]);

    await sql`CREATE ROLE ${sql(reader)} NOLOGIN`;
    await limited`SELECT sync.grant_reading(${reader})`;
    expect(await sql`SELECT has_table_privilege(${reader}, 'pool.earnings', 'SELECT') AS granted`).toEqual([
      { granted: true },
    ]);
  } finally {
    await limited.end();
    await sql.end();
    await database.drop();
    const admin = connect(database.url.replace(database.name, 'postgres'));
    await admin`DROP ROLE IF EXISTS ${admin(reader)}`;
    await admin`DROP ROLE ${admin(role)}`;
    await admin.end();
  }
});

test('a user who may not create anything learns what to grant', async () => {
  const role = `guest_${database.name}`;
  await sql`CREATE ROLE ${sql(role)} LOGIN PASSWORD 'for-tests-only'`;
  const url = new URL(database.url);
  url.username = role;
  const guest = connect(url.href);
  try {
    expect(await rejection(migrate(guest))).toMatchObject({
      code: 'database.migration-failed',
      message: expect.stringContaining('permission denied') as string,
      hint: expect.stringContaining('OWNER TO') as string,
    });
  } finally {
    await guest.end();
    await sql`DROP ROLE ${sql(role)}`;
  }
});
