import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { grantReader, type ReaderLogin } from '../../../src/store/readers/reader-login';
import { SALT_BYTES, scramVerifier } from '../../../src/store/readers/scram-verifier';
import { useTestDatabase } from '../../support/test-database';

const roles: string[] = [];

const database = useTestDatabase({ connections: 4 });
const { sql } = database;
database.beforeDrop(async () => {
  for (const role of roles) await sql.unsafe(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
});

/** Roles belong to the whole server, which other test files use too. */
function newName(): string {
  const role = `reader_${randomBytes(6).toString('hex')}`;
  roles.push(role);
  return role;
}

const PASSWORD = 'pa:ss/w@rd "\'\\~';

function grant(role: string, password: string | null = PASSWORD): Promise<ReaderLogin> {
  return grantReader(sql, role, password === null ? null : scramVerifier(password, randomBytes(SALT_BYTES)));
}

async function as<T>(
  role: string,
  work: (reader: postgres.Sql) => Promise<T>,
  password = PASSWORD,
): Promise<T> {
  const url = new URL(database.url);
  const reader = postgres({
    host: url.hostname,
    port: Number(url.port),
    database: database.name,
    username: role,
    password,
    max: 1,
    onnotice: () => undefined,
  });
  try {
    return await work(reader);
  } finally {
    await reader.end();
  }
}

test('a reader reads all of pool and report, also later tables', async () => {
  const role = newName();
  expect(await grant(role)).toMatchObject({ role, isNew: true, database: database.name, excess: [] });
  await sql`CREATE TABLE pool.made_later ()`;
  const names = await sql<{ name: string }[]>`
    SELECT oid::regclass::text AS name FROM pg_class
     WHERE relnamespace IN ('pool'::regnamespace, 'report'::regnamespace) AND relkind IN ('r', 'p', 'v', 'm')`;
  expect(names.length).toBeGreaterThan(25);
  await as(role, async (reader) => {
    for (const { name } of names) await reader.unsafe(`SELECT * FROM ${name} LIMIT 1`);
    await reader`SELECT * FROM income_as_of(now())`;
    await reader`SELECT * FROM monthly_income_in('Europe/Berlin')`;
  });
  await sql`DROP TABLE pool.made_later`;
});

test('a reader cannot read internals, write or create schemas', async () => {
  const role = newName();
  await grant(role);
  await as(role, async (reader) => {
    await reader`SET default_transaction_read_only = off`;
    for (const statement of [
      'SELECT * FROM sync.settings',
      'SELECT * FROM public._prisma_migrations',
      'SELECT * FROM pg_authid',
      "UPDATE pool.accounts SET account_name = 'x'",
      'DELETE FROM pool.earnings',
      'CREATE TABLE pool.mine ()',
      'CREATE TABLE report.mine ()',
      'SELECT sync.fix_ledger_instant()',
      'CREATE ROLE another',
      "COPY pool.accounts TO PROGRAM 'true'",
    ]) {
      await expect(reader.unsafe(statement)).rejects.toMatchObject({ code: '42501' });
    }
  });
});

test('a reader cannot create tables, large objects or take locks', async () => {
  const role = newName();
  expect((await grant(role)).extraRights).toEqual([]);
  await as(role, async (reader) => {
    await reader`SET default_transaction_read_only = off`;
    for (const statement of [
      'CREATE TEMPORARY TABLE mine ()',
      'CREATE TABLE public.mine ()',
      'CREATE SCHEMA mine',
      'SELECT lo_create(0)',
      'SELECT lo_creat(131072)',
      "SELECT lo_from_bytea(0, 'x')",
      "SELECT pg_advisory_lock(hashtext('bullmq:finalization'), hashtext('kpool'))",
      'SELECT pg_try_advisory_xact_lock_shared(1)',
      'DO $$ BEGIN LOCK TABLE pool.earnings IN SHARE MODE; END $$',
      'DO $$ BEGIN LOCK TABLE pool.earnings IN ROW SHARE MODE; END $$',
      'DO $$ BEGIN LOCK TABLE sync.ledger_clock IN ACCESS SHARE MODE; END $$',
      'DO $$ BEGIN LOCK TABLE public._prisma_migrations IN ACCESS SHARE MODE; END $$',
      "SELECT sync.lock('closes')",
    ]) {
      expect([statement, await reader.unsafe(statement).catch((error: unknown) => error)]).toMatchObject([
        statement,
        { code: '42501' },
      ]);
    }
  });
});

test('a reader has limits on its time and connections', async () => {
  const role = newName();
  await grant(role);
  const settings = await as(
    role,
    (reader) => reader`
      SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
             current_setting('idle_in_transaction_session_timeout') AS idle`,
  );
  expect([...settings]).toEqual([{ statement: '10min', lock: '10s', idle: '1min' }]);
  const connections = await sql`SELECT rolconnlimit AS most FROM pg_roles WHERE rolname = ${role}`;
  expect([...connections]).toEqual([{ most: 20 }]);
  // A setting that a person made stays.
  await sql.unsafe(
    `ALTER ROLE ${role} IN DATABASE ${database.name} SET statement_timeout = '1h'; ALTER ROLE ${role} CONNECTION LIMIT 3`,
  );
  await grant(role, null);
  expect([...(await as(role, (reader) => reader`SHOW statement_timeout`))]).toEqual([
    { statement_timeout: '1h' },
  ]);
  expect([...(await sql`SELECT rolconnlimit AS most FROM pg_roles WHERE rolname = ${role}`)]).toEqual([
    { most: 3 },
  ]);
});

test('rights that a foreign database gives every role are shown', async () => {
  const owner = newName();
  const role = newName();
  await sql.unsafe(`CREATE ROLE ${owner} LOGIN CREATEROLE PASSWORD 'owner-password'`);
  await sql.unsafe(`
    GRANT TEMPORARY ON DATABASE ${database.name} TO PUBLIC;
    GRANT USAGE ON SCHEMA sync, pool, report TO ${owner};
    GRANT ALL ON sync.locks TO ${owner};
    GRANT SELECT ON ALL TABLES IN SCHEMA pool, report TO ${owner} WITH GRANT OPTION;
    GRANT USAGE ON SCHEMA pool, report TO ${owner} WITH GRANT OPTION`);
  await sql.unsafe('GRANT EXECUTE ON FUNCTION pg_advisory_lock(bigint) TO PUBLIC');
  const { extraRights } = await as(
    owner,
    (limited) => grantReader(limited, role, scramVerifier('some-password', randomBytes(SALT_BYTES))),
    'owner-password',
  );
  expect(extraRights).toEqual([
    expect.stringContaining('REVOKE TEMPORARY ON DATABASE') as string,
    expect.stringContaining('advisory locks') as string,
  ]);
});

test('a writer keeps the right to lock that a reader loses', async () => {
  const writer = newName();
  await sql.unsafe(`CREATE ROLE ${writer} LOGIN PASSWORD 'owner-password'; GRANT USAGE ON SCHEMA sync TO ${writer};
    GRANT ALL ON sync.locks TO ${writer}`);
  const role = newName();
  await grant(role);
  const lock = 'SELECT pg_advisory_xact_lock(1)';
  await as(writer, (own) => own.unsafe(lock), 'owner-password');
  await expect(as(role, (reader) => reader.unsafe(lock))).rejects.toMatchObject({ code: '42501' });
});

test('granting again changes nothing but the new password', async () => {
  const role = newName();
  await grant(role);
  const acl = () =>
    sql`SELECT relname, relacl::text FROM pg_class WHERE relnamespace = 'pool'::regnamespace ORDER BY 1`;
  const before = await acl();
  expect(await grant(role, null)).toMatchObject({ isNew: false, excess: [] });
  expect(await acl()).toEqual(before);
  const who = (password: string) => as(role, (reader) => reader`SELECT current_user`, password);
  await expect(who(PASSWORD)).resolves.toHaveLength(1);
  await grant(role, 'another-password');
  await expect(who('another-password')).resolves.toHaveLength(1);
  await expect(who(PASSWORD)).rejects.toMatchObject({ code: '28P01' });
});

test('several grants at once succeed, also of one name', async () => {
  const twice = newName();
  const names = [newName(), twice, twice, newName()];
  const logins = await Promise.all(names.map((role) => grant(role)));
  expect(logins.filter((login) => login.isNew)).toHaveLength(3);
});

test('rights beyond those of a reader are listed', async () => {
  const role = newName();
  await sql.unsafe(`CREATE ROLE ${role} LOGIN`);
  await sql.unsafe(`GRANT USAGE ON SCHEMA sync TO ${role}; GRANT SELECT ON sync.settings TO ${role}`);
  await sql.unsafe(`GRANT INSERT ON pool.accounts TO ${role}; GRANT pg_read_all_settings TO ${role}`);
  expect((await grant(role)).excess).toEqual([
    'can change pool.accounts',
    'can read sync.settings',
    'is a member of pg_read_all_settings',
  ]);
});

test.each([
  'kpool',
  'kpool_reader',
  'public',
  'none',
  'pg_reader',
  'Metabase',
  'a"; DROP ROLE x',
  '',
  'a'.repeat(64),
])('the name %j is refused in one sentence', async (role) => {
  await expect(grant(role)).rejects.toMatchObject({ code: 'usage.invalid' });
});

test('P10 the password itself never reaches the server', async () => {
  const role = newName();
  const sent: unknown[] = [];
  const watched = postgres(database.url, {
    max: 1,
    onnotice: () => undefined,
    debug: (_connection, query, parameters) => sent.push(query, parameters),
  });
  try {
    await grantReader(watched, role, scramVerifier('never-to-be-sent', randomBytes(SALT_BYTES)));
  } finally {
    await watched.end();
  }
  expect(JSON.stringify(sent)).toContain('CREATE ROLE');
  expect(JSON.stringify(sent)).not.toContain('never-to-be-sent');
});

test('a user who may not create roles learns what to run', async () => {
  const owner = newName();
  await sql.unsafe(`CREATE ROLE ${owner} LOGIN PASSWORD 'owner-password'`);
  await sql.unsafe(`GRANT USAGE ON SCHEMA sync TO ${owner}; GRANT ALL ON sync.locks TO ${owner}`);
  const failure = await as(
    owner,
    (limited) => grantReader(limited, `${owner}_x`, scramVerifier('some-password', randomBytes(SALT_BYTES))),
    'owner-password',
  ).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 'database.refused',
    hint: expect.stringContaining('CREATE ROLE') as string,
  });
});
