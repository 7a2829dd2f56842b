import type { ISql, ReservedSql } from 'postgres';
import postgres from 'postgres';
import { isKpoolError } from '../../core/errors';
import { SQLSTATE } from '../../core/postgres/error-table';
import { isConnectionLost, migrationFailure } from './migration-failure';
import { lockRecords } from './migration-records';
import type { ViewFile } from './view-files';
import { withDependents } from './view-files';

/** What the database remembers of a view or function that exists. */
export interface AppliedView {
  readonly name: string;
  readonly checksum: string;
  readonly kind: 'VIEW' | 'FUNCTION';
}

/** SQLSTATEs of a CREATE OR REPLACE that would change a view's columns or a function's result. */
const NOT_REPLACEABLE: ReadonlySet<string> = new Set([
  SQLSTATE.invalidTableDefinition,
  SQLSTATE.invalidFunctionDefinition,
]);

/**
 * Applies the views and functions of `files` whose text has changed, and those that use them, in one transaction.
 * Returns their names. They are replaced in place where PostgreSQL allows it, so that users' views on them stay;
 * otherwise they are dropped and created again, with their grants.
 */
export async function applyViews(session: ReservedSql, files: readonly ViewFile[]): Promise<string[]> {
  if (files.length === 0) return [];
  const applied = await readAppliedViews(session);
  const { changed, removed } = changedViews(files, applied);
  if (changed.length === 0 && removed.length === 0) return [];
  const affected = withDependents(files, [...changed, ...removed]);
  try {
    await session`BEGIN`;
    await lockRecords(session);
    await session`SAVEPOINT before_views`;
    if (await replaceInPlace(session, affected)) {
      await drop(session, applied, removed);
    } else {
      await session`ROLLBACK TO SAVEPOINT before_views`;
      const grants = await readGrants(session, affected);
      await drop(session, applied, [...affected.map((file) => file.name), ...removed]);
      await create(session, affected);
      for (const grant of grants) await session.unsafe(grant);
    }
    await recordViews(session, files);
    await session`COMMIT`;
  } catch (error) {
    if (!isConnectionLost(error)) await session`ROLLBACK`;
    throw isKpoolError(error) ? error : migrationFailure('change of the views', error);
  }
  return affected.map((file) => file.name);
}

/** False when PostgreSQL refuses to replace one of them. */
async function replaceInPlace(session: ReservedSql, files: readonly ViewFile[]): Promise<boolean> {
  try {
    await create(session, files);
  } catch (error) {
    const cause = isKpoolError(error) ? error.cause : null;
    if (cause instanceof postgres.PostgresError && NOT_REPLACEABLE.has(cause.code)) return false;
    throw error;
  }
  // Other parameters create a second function of the same name, and the name alone becomes ambiguous.
  const ambiguous = await session`
    SELECT FROM unnest(string_to_array(${joinNames(files)}, ' ')) AS name
     WHERE coalesce(to_regclass(name)::oid, to_regproc(name)::oid) IS NULL`;
  return ambiguous.length === 0;
}

async function create(session: ReservedSql, files: readonly ViewFile[]): Promise<void> {
  for (const file of files) {
    try {
      await session.unsafe(file.script).simple();
    } catch (error) {
      throw migrationFailure(`view ${file.name}`, error);
    }
  }
}

/** Applied views that still exist, each after those that it uses. For a migrated database. */
export async function readAppliedViews(sql: ISql): Promise<AppliedView[]> {
  // A view that a migration dropped, to change a table that it reads, counts as not applied.
  return sql<AppliedView[]>`
    SELECT name, checksum, CASE WHEN to_regclass(name) IS NULL THEN 'FUNCTION' ELSE 'VIEW' END AS kind
      FROM sync.applied_views
     WHERE coalesce(to_regclass(name)::oid, to_regproc(name)::oid) IS NOT NULL
     ORDER BY position`;
}

/** Names of the files whose text has changed since it was applied, and of applied views without a file. */
export function changedViews(
  files: readonly ViewFile[],
  applied: readonly AppliedView[],
): { readonly changed: readonly string[]; readonly removed: readonly string[] } {
  const checksums = new Map(applied.map((view) => [view.name, view.checksum]));
  const kept = new Set(files.map((file) => file.name));
  return {
    changed: files.filter((file) => checksums.get(file.name) !== file.checksum).map((file) => file.name),
    removed: applied.filter((view) => !kept.has(view.name)).map((view) => view.name),
  };
}

/** Drops `names`, dependents first, so that nothing of ours uses a view when it goes. */
async function drop(sql: ISql, applied: readonly AppliedView[], names: readonly string[]): Promise<void> {
  for (const view of applied.toReversed()) {
    if (names.includes(view.name)) await sql.unsafe(`DROP ${view.kind} ${view.name}`);
  }
}

/** The statements that restore what roles other than the owner may do with these views and functions. */
async function readGrants(sql: ISql, files: readonly ViewFile[]): Promise<string[]> {
  const rows = await sql<{ statement: string }[]>`
    SELECT format('GRANT %s ON %s %s TO %s%s', g.privilege_type, o.kind, o.name,
                  CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE g.grantee::regrole::text END,
                  CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) AS statement
      FROM unnest(string_to_array(${joinNames(files)}, ' ')) AS n (name)
     CROSS JOIN LATERAL (
       SELECT n.name, 'TABLE' AS kind, relacl AS acl, relowner AS owner FROM pg_class WHERE oid = to_regclass(n.name)
        UNION ALL
       SELECT n.name, 'FUNCTION', proacl, proowner FROM pg_proc WHERE oid = to_regproc(n.name)) AS o
     CROSS JOIN LATERAL aclexplode(o.acl) AS g
     WHERE g.grantee <> o.owner`;
  return rows.map((row) => row.statement);
}

async function recordViews(sql: ISql, files: readonly ViewFile[]): Promise<void> {
  const rows = files.map((file, position) => ({ name: file.name, checksum: file.checksum, position }));
  await sql`DELETE FROM sync.applied_views WHERE name <> ALL (string_to_array(${joinNames(files)}, ' '))`;
  await sql`
    INSERT INTO sync.applied_views ${sql(rows)}
    ON CONFLICT (name) DO UPDATE
      SET checksum = excluded.checksum, position = excluded.position, applied_at = excluded.applied_at`;
}

/** One text for string_to_array: the connections of migrations know no array types (fetch_types). */
function joinNames(files: readonly ViewFile[]): string {
  return files.map((file) => file.name).join(' ');
}
