import type { TransactionSql } from 'postgres';
import { SQLSTATE } from '../../core/postgres/error-table';

/**
 * Enough for the connections of a BI tool and an analyst; more would crowd out the program. Only an administrator can
 * raise it.
 */
const MAX_CONNECTIONS = 20;
/**
 * Defaults of the login; a session can raise them for itself. An open transaction keeps VACUUM from removing old rows,
 * and its locks make a migration wait.
 */
const SESSION_SETTINGS: Readonly<Record<string, string>> = {
  default_transaction_read_only: 'on',
  search_path: 'report, pool',
  statement_timeout: '10min',
  lock_timeout: '10s',
  idle_in_transaction_session_timeout: '1min',
};

/** Functions that create or fill large objects, which every role may call by default. */
const LARGE_OBJECT_FUNCTIONS = [
  'lo_creat(integer)',
  'lo_create(oid)',
  'lo_from_bytea(oid, bytea)',
  'lo_put(oid, bigint, bytea)',
  'lowrite(integer, bytea)',
  'lo_truncate(integer, integer)',
  'lo_truncate64(integer, bigint)',
] as const;

/**
 * Functions that take advisory locks, which every role may call. Our own locks ignore those of a reader, but BullMQ's
 * jobs wait for theirs, whose keys anyone can read in its source.
 */
const LOCK_FUNCTIONS = '^pg_(try_)?advisory_(xact_)?lock';

/** Something that the login may do, in words, with the statement that takes it away. */
interface ExtraRight {
  readonly isTaken: boolean;
  readonly text: string;
}

/**
 * Takes from a reader what every role may do by default and no reader needs: temporary tables, large objects, tables in
 * the schema public; and sets limits that it does not have yet. Returns what remains, a sentence each, where the user
 * of the database may not change it: restricting a shared database is up to its administrator.
 */
export async function limitReader(
  tx: TransactionSql,
  role: string,
  database: string,
): Promise<readonly string[]> {
  const name = `"${database.replaceAll('"', '""')}"`;
  await limitSessions(tx, role, name);
  const [rights] = await tx<{ ownsDatabase: boolean; ownsPublic: boolean; isSuper: boolean }[]>`
    SELECT pg_has_role(d.datdba, 'USAGE') AS "ownsDatabase", r.rolsuper AS "isSuper",
           coalesce((SELECT pg_has_role(n.nspowner, 'USAGE') FROM pg_namespace n WHERE n.nspname = 'public'), false) AS "ownsPublic"
      FROM pg_database d, pg_roles r WHERE d.datname = current_database() AND r.rolname = current_user`;
  const revocations = [
    rights?.ownsDatabase === true ? [`REVOKE TEMPORARY ON DATABASE ${name} FROM PUBLIC`] : [],
    rights?.ownsPublic === true ? ['REVOKE CREATE ON SCHEMA public FROM PUBLIC'] : [],
    rights?.isSuper === true
      ? LARGE_OBJECT_FUNCTIONS.map((each) => `REVOKE EXECUTE ON FUNCTION pg_catalog.${each} FROM PUBLIC`)
      : [],
  ];
  for (const statement of revocations.flat()) await tx.unsafe(statement);
  if (rights?.isSuper === true) await keepAdvisoryLocks(tx);
  return findExtraRights(tx, role, name);
}

/** Keeps the functions for roles that may write: those that the program runs as. */
async function keepAdvisoryLocks(tx: TransactionSql): Promise<void> {
  const functions = await tx<{ signature: string }[]>`
    SELECT oid::regprocedure::text AS signature FROM pg_proc
     WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ ${LOCK_FUNCTIONS}`;
  const writers = await tx<{ name: string }[]>`
    SELECT quote_ident(rolname) AS name FROM pg_roles
     WHERE NOT rolsuper AND rolname NOT LIKE 'pg\\_%' AND has_table_privilege(oid, 'sync.locks', 'UPDATE')`;
  const all = functions.map(({ signature }) => signature).join(', ');
  if (writers.length > 0)
    await tx.unsafe(`GRANT EXECUTE ON FUNCTION ${all} TO ${writers.map(({ name }) => name).join(', ')}`);
  await tx.unsafe(`REVOKE EXECUTE ON FUNCTION ${all} FROM PUBLIC`);
}

/** Settings that the login already has stay as they are. */
async function limitSessions(tx: TransactionSql, role: string, database: string): Promise<void> {
  const kept = await tx<{ name: string }[]>`
    SELECT split_part(unnest(s.setconfig), '=', 1) AS name
      FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole
     WHERE r.rolname = ${role} AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))`;
  const missing = Object.entries(SESSION_SETTINGS).filter(
    ([setting]) => !kept.some(({ name }) => name === setting),
  );
  for (const [setting, value] of missing) {
    const list = value.split(', ').map((each) => `'${each}'`);
    await attempt(tx, `ALTER ROLE "${role}" IN DATABASE ${database} SET ${setting} = ${list.join(', ')}`);
  }
  const [found] = await tx<{ limit: number }[]>`
    SELECT rolconnlimit AS "limit" FROM pg_roles WHERE rolname = ${role}`;
  if (found?.limit === -1) await attempt(tx, `ALTER ROLE "${role}" CONNECTION LIMIT ${MAX_CONNECTIONS}`);
}

/** Ignores a refusal: a role that someone else created is theirs to change, and `findExtraRights` finds what remains. */
async function attempt(tx: TransactionSql, statement: string): Promise<void> {
  try {
    await tx.savepoint((inner) => inner.unsafe(statement));
  } catch (error) {
    if ((error as { code?: unknown }).code !== SQLSTATE.insufficientPrivilege) throw error;
  }
}

async function findExtraRights(
  tx: TransactionSql,
  role: string,
  database: string,
): Promise<readonly string[]> {
  const extraRights = await tx<ExtraRight[]>`
    SELECT NOT has_database_privilege(${role}, current_database(), 'TEMPORARY') AS "isTaken",
           ${`It may create temporary tables, as every role of this database may: REVOKE TEMPORARY ON DATABASE ${database} FROM PUBLIC`} AS text
     UNION ALL
    SELECT NOT coalesce(has_schema_privilege(${role}, to_regnamespace('public')::oid, 'CREATE'), false),
           'It may make tables in the schema public, as every role: REVOKE CREATE ON SCHEMA public FROM PUBLIC'
     UNION ALL
    SELECT NOT bool_or(has_function_privilege(${role}, f::regprocedure, 'EXECUTE')),
           'It may make large objects, as every role: a superuser can REVOKE EXECUTE ON FUNCTION lo_creat, lo_create, lo_from_bytea, lo_put, lowrite, lo_truncate, lo_truncate64 FROM PUBLIC'
      FROM unnest(string_to_array(${LARGE_OBJECT_FUNCTIONS.join(';')}, ';')) AS f
     UNION ALL
    SELECT NOT bool_or(has_function_privilege(${role}, oid, 'EXECUTE')),
           'It may take advisory locks, as every role, and hold up the jobs where they are in PostgreSQL: docs/operating.md says how a superuser ends that'
      FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ ${LOCK_FUNCTIONS}
     UNION ALL
    SELECT rolconnlimit <> -1, ${`It has no limit of connections: ALTER ROLE ${role} CONNECTION LIMIT ${MAX_CONNECTIONS}`}
      FROM pg_roles WHERE rolname = ${role}`;
  return extraRights.filter(({ isTaken }) => !isTaken).map(({ text }) => `${text}.`);
}
