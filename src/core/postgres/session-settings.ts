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
 * Prepares a connection that nobody has used yet. Throws `database.refused` where a setting cannot be ours, and what `run`
 * throws.
 */
export async function prepareSession(run: RunScript, settings: SessionSettings = {}): Promise<void> {
  const script = Object.entries({ ...OURS, ...settings }).map(([name, value]) => `SET ${name} TO ${value};`);
  // SET takes no snapshot: the first that does, in a transaction that is deferrable by default, may wait for every writer.
  await run(script.join('\n'));
  const [found] = (await run(OTHERS)) as readonly Record<OtherName, string>[];
  for (const other of OTHER_NAMES) {
    if (found !== undefined && found[other] !== NEEDED[other].value)
      throw await refusal(run, other, found[other]);
  }
}

/** What a session may not set, or should not against somebody's will. */
const NEEDED = {
  session_replication_role: {
    value: 'origin',
    why: 'no trigger of the tables fires, so no revision would be kept',
  },
  default_transaction_read_only: {
    value: 'off',
    why: 'nothing can be written (a provider does that, too, when the disk is full)',
  },
} as const;
type OtherName = keyof typeof NEEDED;
const OTHER_NAMES = Object.keys(NEEDED) as readonly OtherName[];

/** `transaction_timeout` is new in PostgreSQL 17. */
const OTHERS = `
  SELECT ${OTHER_NAMES.map((name) => `current_setting('${name}') AS ${name}`).join(', ')},
         CASE WHEN current_setting('server_version_num')::int >= 170000
              THEN set_config('transaction_timeout', '0', false) END AS transaction_timeout`;

/** Where a setting was made, by `pg_settings.source`, and so what takes it back. */
const CURES: Readonly<Record<string, (name: string, role: string, database: string) => string>> = {
  database: (name, _role, database) => `ALTER DATABASE ${database} RESET ${name};`,
  user: (name, role) => `ALTER ROLE ${role} RESET ${name};`,
  'database user': (name, role, database) => `ALTER ROLE ${role} IN DATABASE ${database} RESET ${name};`,
  client: (name) => `Take ${name} out of options= in DATABASE_URL.`,
  global: (name) => `ALTER ROLE ALL RESET ${name};`,
};

async function refusal(run: RunScript, name: OtherName, value: string): Promise<KpoolError> {
  const [place] = (await run(
    `SELECT source, quote_ident(session_user) AS role, quote_ident(current_database()) AS database
       FROM pg_catalog.pg_settings WHERE name = '${name}'`,
  )) as readonly Record<'source' | 'role' | 'database', string>[];
  const cure = place === undefined ? undefined : CURES[place.source]?.(name, place.role, place.database);
  return new KpoolError('database.refused', `The database sets ${name} = ${value}: ${NEEDED[name].why}.`, {
    hint: cure ?? `Set ${name} = ${NEEDED[name].value} in the configuration of the server.`,
  });
}
