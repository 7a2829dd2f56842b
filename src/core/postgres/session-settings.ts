import { KpoolError } from '../errors';

/**
 * What our SQL takes for granted. A database, a role, an address or the server's configuration may have set any of it
 * otherwise (`ALTER DATABASE … SET`, `ALTER ROLE … SET`, `options=`), so every connection of every driver sets it.
 */
const OURS: Readonly<Record<string, string>> = {
  // First: it may be too short for the rest.
  statement_timeout: '0',
  // What a transaction sees and may do.
  default_transaction_isolation: "'read committed'",
  default_transaction_deferrable: 'off',
  // How values are written and read.
  client_encoding: "'UTF8'",
  TimeZone: "'UTC'",
  DateStyle: "'ISO, MDY'",
  IntervalStyle: "'postgres'",
  timezone_abbreviations: "'Default'",
  bytea_output: "'hex'",
  extra_float_digits: '1',
  lc_numeric: "'C'",
  lc_time: "'C'",
  xmloption: "'content'",
  // What the text of a statement means.
  search_path: 'pg_catalog, pg_temp',
  standard_conforming_strings: 'on',
  backslash_quote: "'safe_encoding'",
  array_nulls: 'on',
  transform_null_equals: 'off',
  quote_all_identifiers: 'off',
  check_function_bodies: 'on',
  row_security: 'on',
  // What ends a statement, a transaction or the session.
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  exit_on_error: 'off',
  'plpgsql.extra_errors': "'none'",
  'plpgsql.check_asserts': 'on',
  // The plans of the reports would be compiled for seconds before they run for a tenth of one.
  jit: 'off',
  // What was committed survives a crash of the server: a month that was closed stays so.
  synchronous_commit: 'on',
  client_min_messages: "'notice'",
};

/** More of them, or others than ours, for one kind of connection; written as after `SET name TO`. */
export type SessionSettings = Readonly<Record<string, string>>;

/** Runs SQL without parameters on a connection: several statements at once, and gives the rows of the last one. */
export type RunScript = (script: string) => Promise<readonly object[]>;

/**
 * Prepares a connection that nobody has used yet. Throws `database.refused` where triggers do not fire, which a session may
 * not change, and what `run` throws.
 */
export async function prepareSession(run: RunScript, settings: SessionSettings = {}): Promise<void> {
  const script = Object.entries({ ...OURS, ...settings }).map(([name, value]) => `SET ${name} TO ${value};`);
  // SET takes no snapshot: the first that does, in a transaction that is deferrable by default, may wait for every writer.
  await run(script.join('\n'));
  const [found] = (await run(OTHERS)) as readonly { readonly replication_role: string }[];
  if (found?.replication_role !== 'origin') {
    throw await refusal(
      run,
      'session_replication_role',
      'no trigger fires, and so no revision would be kept',
    );
  }
}

/** `transaction_timeout` is new in PostgreSQL 17. */
const OTHERS = `
  SELECT current_setting('session_replication_role') AS replication_role,
         CASE WHEN current_setting('server_version_num')::int >= 170000
              THEN set_config('transaction_timeout', '0', false) END AS transaction_timeout`;

/**
 * Throws `database.refused` unless the database may be written to. Not changed for a session: whoever set it meant it, such
 * as a provider whose disk is full.
 */
export async function requireWritable(run: RunScript): Promise<void> {
  const [found] = (await run(
    "SELECT current_setting('default_transaction_read_only') AS value",
  )) as readonly Record<'value', string>[];
  if (found?.value !== 'off')
    throw await refusal(run, 'default_transaction_read_only', 'nothing can be written');
}

/** Where a setting was made, by `pg_settings.source`, and so what takes it back. */
const CURES: Readonly<Record<string, (name: string, role: string, database: string) => string>> = {
  database: (name, _role, database) => `ALTER DATABASE ${database} RESET ${name};`,
  user: (name, role) => `ALTER ROLE ${role} RESET ${name};`,
  'database user': (name, role, database) => `ALTER ROLE ${role} IN DATABASE ${database} RESET ${name};`,
  client: (name) => `Take ${name} out of options= in DATABASE_URL.`,
  global: (name) => `ALTER ROLE ALL RESET ${name};`,
};

async function refusal(run: RunScript, name: string, why: string): Promise<KpoolError> {
  const [found] = (await run(
    `SELECT setting, source, quote_ident(session_user) AS role, quote_ident(current_database()) AS database
       FROM pg_catalog.pg_settings WHERE name = '${name}'`,
  )) as readonly Record<'setting' | 'source' | 'role' | 'database', string>[];
  const cure = found === undefined ? undefined : CURES[found.source]?.(name, found.role, found.database);
  return new KpoolError('database.refused', `The database sets ${name} = ${found?.setting ?? '?'}: ${why}.`, {
    hint: cure ?? `Change it in the configuration of the server.`,
  });
}
