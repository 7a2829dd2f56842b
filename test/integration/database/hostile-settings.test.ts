import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSimulator, type Simulator } from '../../../src/simulator';
import type { KpoolEnd } from '../../support/built-kpool';
import { runCliInProcess } from '../../support/cli-in-process';
import { createTestDatabase, useTestDatabase } from '../../support/test-database';

jest.setTimeout(120_000);

let simulator: Simulator;
let folder: string;
const role = `hostile_${process.pid}_${Date.now() % 100_000}`;
const reader = `${role}_reader`;
const owner = `${role}_owner`;

const database = useTestDatabase({ template: 'template0' });
const { sql } = database;
database.beforeDrop(async () => {
  await sql.unsafe(`DROP OWNED BY ${reader}`).catch(() => undefined);
  await sql.unsafe(`REASSIGN OWNED BY ${role} TO CURRENT_USER; REASSIGN OWNED BY ${owner} TO CURRENT_USER`);
  await sql.unsafe(`DROP OWNED BY ${role}; DROP OWNED BY ${owner}; DROP ROLE IF EXISTS ${reader}`);
  await sql.unsafe(`DROP ROLE ${role}; DROP ROLE ${owner}`);
  await simulator.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeAll(async () => {
  await sql.unsafe(`
    CREATE ROLE ${owner};
    CREATE ROLE ${role} LOGIN CREATEROLE PASSWORD 'for-tests-only' IN ROLE ${owner};
    ALTER DATABASE ${database.name} OWNER TO ${owner}`);
  folder = mkdtempSync(path.join(tmpdir(), 'kpool-hostile-'));
  simulator = await createSimulator({
    seed: 7,
    startAt: Date.now(),
    rateLimit: null,
    world: { subAccountsPerAccount: 1, days: 40, workersPerSubAccount: 2, algorithms: ['SHA256d'] },
  });
});

function url(options?: string): string {
  const changed = new URL(database.url);
  changed.username = role;
  changed.password = 'for-tests-only';
  if (options !== undefined) changed.searchParams.set('options', options);
  return changed.href;
}

async function kpool(command: string, databaseUrl = url()): Promise<KpoolEnd> {
  const { apiKey, apiSecret, apiPassphrase } = simulator.accounts[0]!;
  const env = {
    DATABASE_URL: databaseUrl,
    KUCOIN_POOL_BASE_URL: simulator.url,
    KUCOIN_POOL_REQUESTS_PER_SECOND: '50',
    KUCOIN_POOL_API_KEY: apiKey,
    KUCOIN_POOL_API_SECRET: apiSecret,
    KUCOIN_POOL_API_PASSPHRASE: apiPassphrase,
    HTTP_PORT: '0',
  };
  const words = command.split(' ');
  return runCliInProcess(words, env, words[0] === 'start' ? /Jobs run/ : undefined);
}

const now = new Date();
const lastMonth = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1))
  .toISOString()
  .slice(0, 7);
const day = now.toISOString().slice(0, 10);

/** Every command that opens the database, in an order in which each has something to do. */
const commands = (): readonly string[] => [
  'migrate',
  'sync',
  'status',
  'check',
  'reconcile',
  `close ${lastMonth} --force`,
  `export statement --month ${lastMonth} --out ${folder}`,
  'quarantine list',
  `rollup --from ${day} --to ${day}`,
  `grant-reader ${reader}`,
  'start',
];

/** What a database or a role may say, all of it at once: a failure names the one. */
const HOSTILE: Readonly<Record<string, string>> = {
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  client_encoding: "'LATIN1'",
  TimeZone: "'Asia/Kathmandu'",
  DateStyle: "'German, DMY'",
  IntervalStyle: "'sql_standard'",
  bytea_output: "'escape'",
  extra_float_digits: '-15',
  xmloption: "'document'",
  search_path: 'evil, pg_catalog, public',
  standard_conforming_strings: 'off',
  backslash_quote: 'on',
  array_nulls: 'off',
  transform_null_equals: 'on',
  quote_all_identifiers: 'on',
  row_security: 'off',
  statement_timeout: "'250ms'",
  lock_timeout: "'1ms'",
  idle_in_transaction_session_timeout: "'5ms'",
  idle_session_timeout: "'500ms'",
  exit_on_error: 'on',
  'plpgsql.extra_errors': "'all'",
  jit: 'on',
  jit_above_cost: '0',
  client_min_messages: "'debug1'",
};

/** One half of them by the database, the other by the role. */
async function eachSetting(word: (name: string, value: string) => string): Promise<void> {
  for (const [index, [name, value]] of Object.entries(HOSTILE).entries()) {
    const whom = index % 2 === 0 ? `DATABASE ${database.name}` : `ROLE ${role}`;
    await sql.unsafe(`ALTER ${whom} ${word(name, value)}`);
  }
}

test('P12 every command works whatever the database and role set', async () => {
  // Functions that stand before those of the server, as the search path has it.
  await sql.unsafe(`
    CREATE SCHEMA evil; GRANT USAGE ON SCHEMA evil TO PUBLIC;
    CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT timestamptz '1999-01-01' $$;
    CREATE FUNCTION evil.lower(text) RETURNS text LANGUAGE sql AS $$ SELECT 'evil'::text $$`);
  await eachSetting((name, value) => `SET ${name} = ${value}`);
  for (const command of commands()) {
    const { code, stderr, stdout } = await kpool(command);
    // The totals of a young account may prove nothing.
    const isWell = code === 0 || (command === 'reconcile' && code === 1);
    expect([command, isWell, isWell ? '' : stderr + stdout]).toEqual([command, true, '']);
    expect(`${stderr}${stdout}`).not.toContain('bug in kpool');
  }
  await eachSetting((name) => `RESET ${name}`);
  await sql.unsafe('DROP SCHEMA evil CASCADE');
});

describe('a setting that no session can change is refused by name', () => {
  const cases: [string, string, string][] = [
    ['session_replication_role', 'replica', `ALTER DATABASE name SET`],
    ['default_transaction_read_only', 'on', `ALTER DATABASE name SET`],
    ['default_transaction_read_only', 'on', `ALTER ROLE role SET`],
    ['default_transaction_read_only', 'on', `ALTER ROLE role IN DATABASE name SET`],
  ];
  test.each(cases)('%s = %s by %s', async (name, value, form) => {
    const how = form.replace('name', database.name).replace('role', role);
    await sql.unsafe(`${how} ${name} = ${value}`);
    for (const command of commands()) {
      const { code, stderr, stdout } = await kpool(command);
      const said = stderr + stdout;
      expect([command, code, said]).toEqual([command, 2, expect.stringContaining(`${name} = ${value}`)]);
      expect(said).toContain(`${how.replace(/ SET$/, '')} RESET ${name};`);
    }
    await sql.unsafe(`${how.replace(/ SET$/, '')} RESET ${name}`);
  });

  test('an option in the address', async () => {
    const { code, stderr } = await kpool('status', url('-c default_transaction_read_only=on'));
    expect([code, stderr]).toEqual([2, expect.stringContaining('Remove default_transaction_read_only from')]);
  });

  test('a role that does not exist', async () => {
    const { code, stderr } = await kpool('status', url('-c role=nobody_of_that_name'));
    expect([code, stderr]).toEqual([2, expect.stringMatching(/nobody_of_that_name[^]*options=/)]);
  });
});

test('a role in the options of the address applies to every driver', async () => {
  const other = await createTestDatabase({ template: 'template0' });
  await sql.unsafe(`ALTER DATABASE ${other.name} OWNER TO ${owner}`);
  const address = new URL(url(`-c role=${owner}`));
  address.pathname = `/${other.name}`;
  const ends = [await kpool('sync', address.href), await kpool('start', address.href)];
  await other.drop();
  expect(ends.map(({ code, stderr }) => [code, code === 0 ? '' : stderr])).toEqual([
    [0, ''],
    [0, ''],
  ]);
});
