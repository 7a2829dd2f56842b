import { KpoolError } from '../errors';

/**
 * Settings that our SQL relies on. A database, a role, an address or the server's configuration may set any of them
 * differently (`ALTER DATABASE … SET`, `ALTER ROLE … SET`, `options=`), so every connection of every driver sets them.
 */
const OURS: Readonly<Record<string, string>> = {
  // First, since it may be too short for the rest.
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
  // How the text of a statement is read.
  search_path: 'pg_catalog, pg_temp',
  standard_conforming_strings: 'on',
  backslash_quote: "'safe_encoding'",
  array_nulls: 'on',
  transform_null_equals: 'off',
  quote_all_identifiers: 'off',
  check_function_bodies: 'on',
  row_security: 'on',
  // What cancels a statement or ends a transaction or the session.
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  exit_on_error: 'off',
  'plpgsql.extra_errors': "'none'",
  'plpgsql.check_asserts': 'on',
  // The plans of the reports would take seconds to compile and a tenth of a second to run.
  jit: 'off',
  // A commit survives a crash of the server: a month that was closed stays closed.
  synchronous_commit: 'on',
  client_min_messages: "'notice'",
};

/** Settings of one kind of connection, in addition to ours or instead; written as after `SET name TO`. */
export type SessionSettings = Readonly<Record<string, string>>;

/** Runs several statements without parameters on a connection; returns the rows of the last one. */
export type RunScript = (script: string) => Promise<readonly object[]>;

/**
 * Prepares a new connection. Throws `database.refused` if triggers do not fire, which a session may not change, and
 * what `run` throws.
 */
export async function prepareSession(run: RunScript, settings: SessionSettings = {}): Promise<void> {
  const script = Object.entries({ ...OURS, ...settings }).map(([name, value]) => `SET ${name} TO ${value};`);
  // SET takes no snapshot. A statement that does could wait for every writer if transactions are deferrable by default.
  await run(script.join('\n'));
  const [found] = (await run(OTHER_SETTINGS)) as readonly { readonly replication_role: string }[];
  if (found?.replication_role !== 'origin') {
    throw await refusal(
      run,
      'session_replication_role',
      'no trigger fires, and so no revision would be kept',
    );
  }
}

/** `transaction_timeout` is new in PostgreSQL 17. */
const OTHER_SETTINGS = `
  SELECT current_setting('session_replication_role') AS replication_role,
         CASE WHEN current_setting('server_version_num')::int >= 170000
              THEN set_config('transaction_timeout', '0', false) END AS transaction_timeout`;

/**
 * Throws `database.refused` unless the database may be written to. We do not override the setting: someone made it for
 * a reason, such as a full disk.
 */
export async function requireWritable(run: RunScript): Promise<void> {
  const [found] = (await run(
    "SELECT current_setting('default_transaction_read_only') AS value",
  )) as readonly Record<'value', string>[];
  if (found?.value !== 'off')
    throw await refusal(run, 'default_transaction_read_only', 'nothing can be written');
}

/** The statement that removes a setting, by where it was made (`pg_settings.source`). */
const REMEDIES: Readonly<Record<string, (name: string, role: string, database: string) => string>> = {
  database: (name, _role, database) => `ALTER DATABASE ${database} RESET ${name};`,
  user: (name, role) => `ALTER ROLE ${role} RESET ${name};`,
  'database user': (name, role, database) => `ALTER ROLE ${role} IN DATABASE ${database} RESET ${name};`,
  client: (name) => `Remove ${name} from options= in DATABASE_URL.`,
  global: (name) => `ALTER ROLE ALL RESET ${name};`,
};

async function refusal(run: RunScript, name: string, why: string): Promise<KpoolError> {
  const [found] = (await run(
    `SELECT setting, source, quote_ident(session_user) AS role, quote_ident(current_database()) AS database
       FROM pg_catalog.pg_settings WHERE name = '${name}'`,
  )) as readonly Record<'setting' | 'source' | 'role' | 'database', string>[];
  const cure = found === undefined ? undefined : REMEDIES[found.source]?.(name, found.role, found.database);
  return new KpoolError('database.refused', `The database sets ${name} = ${found?.setting ?? '?'}: ${why}.`, {
    hint: cure ?? `Change it in the configuration of the server.`,
  });
}
