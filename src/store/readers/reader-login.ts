import type { Sql, TransactionSql } from 'postgres';
import { assert } from '../../core/assert';
import { KpoolError } from '../../core/errors';
import { SQLSTATE } from '../../core/postgres/error-table';
import { limitReader } from './reader-limits';

const ROLE_SYNTAX = /^[a-z_][a-z0-9_]{0,62}$/;
/** Words that PostgreSQL does not accept as a role's name, even in quotes. */
const RESERVED_ROLES = ['public', 'none'];
/** At most this many things that a reader should not reach are named. */
const MAX_EXTRA_RIGHTS_NAMED = 10;

export interface ReaderLogin {
  readonly role: string;
  /** The role was created by this call. */
  readonly isNew: boolean;
  readonly database: string;
  /** What the role can do beyond reading `pool` and `report`, in words; empty if it can do nothing else. */
  readonly excess: readonly string[];
  /** What every role of the database may do and a reader should not, and how an administrator can end it. */
  readonly extraRights: readonly string[];
}

/** Whether the role exists. Throws `usage.invalid` for a name that cannot be a reader's. */
export async function hasRole(sql: Sql | TransactionSql, role: string): Promise<boolean> {
  if (!ROLE_SYNTAX.test(role) || role.startsWith('pg_')) {
    throw new KpoolError('usage.invalid', `${role} cannot be the name of a role.`, {
      hint: 'Use lower-case letters, digits and _, at most 63, not starting with pg_: kpool grant-reader metabase',
    });
  }
  if (RESERVED_ROLES.includes(role)) {
    throw new KpoolError(
      'usage.invalid',
      `${role} is reserved by PostgreSQL and cannot be the name of a role.`,
      {
        hint: 'Choose another name: kpool grant-reader metabase',
      },
    );
  }
  const [found] = await sql<{ isOwner: boolean; canLogIn: boolean; isSuper: boolean }[]>`
    SELECT rolname = current_user AS "isOwner", rolcanlogin AS "canLogIn", rolsuper AS "isSuper"
      FROM pg_roles WHERE rolname = ${role}`;
  if (found === undefined) return false;
  const why = found.isOwner
    ? 'is the user of DATABASE_URL, which owns the data'
    : found.isSuper
      ? 'is a superuser, which can read and write everything'
      : !found.canLogIn
        ? 'is a group role, not a login'
        : null;
  if (why === null) return true;
  throw new KpoolError('usage.invalid', `${role} ${why}.`, {
    hint: 'Name another role; one that does not exist is created.',
  });
}

/**
 * Creates a login that reads exactly the schemas `pool` and `report`, future tables included, or adapts an existing
 * one; run again, it changes nothing. `verifier` is the new password as PostgreSQL stores it; null keeps the password
 * of an existing role. Throws `database.refused` when the user of the database may not create roles.
 */
export async function grantReader(sql: Sql, role: string, verifier: string | null): Promise<ReaderLogin> {
  return sql.begin(async (tx) => {
    // Concurrent grants on one schema fail with "tuple concurrently updated": one at a time.
    await tx`SELECT sync.lock('grants')`;
    const isKnown = await hasRole(tx, role);
    assert(isKnown || verifier !== null, 'a new login has a password');
    const database = await readDatabaseName(tx);
    const password = verifier === null ? '' : `PASSWORD '${verifier}'`;
    if (!isKnown || verifier !== null) {
      // The name holds plain letters, the verifier base64 letters: neither can break out of its quotes.
      await changeRole(tx, role, `${isKnown ? 'ALTER' : 'CREATE'} ROLE "${role}" LOGIN ${password}`);
    }
    await changeRole(tx, role, `GRANT CONNECT ON DATABASE ${quoted(database)} TO "${role}"`);
    await tx`SELECT sync.grant_reading(${role}::name)`;
    const extraRights = await limitReader(tx, role, database);
    return { role, isNew: !isKnown, database, excess: await findExcess(tx, role), extraRights };
  });
}

async function readDatabaseName(tx: TransactionSql): Promise<string> {
  const [row] = await tx<{ database: string }[]>`SELECT current_database() AS database`;
  assert(row !== undefined, 'a SELECT without FROM has one row');
  return row.database;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

async function changeRole(tx: TransactionSql, role: string, statement: string): Promise<void> {
  try {
    await tx.unsafe(statement);
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== SQLSTATE.insufficientPrivilege) throw cause;
    throw new KpoolError('database.refused', 'The user of the database may not create or change roles.', {
      hint: `Have an administrator run: CREATE ROLE ${role} LOGIN PASSWORD '…'; then run, as the user of DATABASE_URL: SELECT sync.grant_reading('${role}');`,
      cause,
    });
  }
}

/** What the role may do by other grants, which ours cannot take away. */
async function findExcess(tx: TransactionSql, role: string): Promise<readonly string[]> {
  const rows = await tx<{ excess: string }[]>`
    SELECT format('is a member of %s', g.rolname) AS excess
      FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member JOIN pg_roles g ON g.oid = m.roleid
     WHERE r.rolname = ${role} AND g.rolname <> 'kpool_reader'
     UNION ALL
    SELECT format('can read %I.%I', n.nspname, c.relname)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pool', 'report', 'pg_catalog', 'information_schema')
       AND n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname NOT LIKE 'pg\\_temp%'
       AND has_schema_privilege(${role}, n.oid, 'USAGE') AND has_table_privilege(${role}, c.oid, 'SELECT')
     UNION ALL
    SELECT format('can change %I.%I', n.nspname, c.relname)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'f') AND n.nspname IN ('pool', 'report', 'sync', 'pool_parts', 'bullmq')
       AND has_table_privilege(${role}, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
     ORDER BY 1 LIMIT ${MAX_EXTRA_RIGHTS_NAMED}`;
  return rows.map((row) => row.excess);
}
