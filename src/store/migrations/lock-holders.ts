import type { ISql } from 'postgres';

/**
 * Whether a session that could be migrating holds the advisory lock. Anyone who may connect can take it, but a role
 * that may not write the record of migrations cannot make others wait.
 */
export async function isLockedByMigration(sql: ISql, key: number): Promise<boolean> {
  const [row] = await sql<{ held: boolean }[]>`
    SELECT count(*) > 0 AS held
      FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid = ${key}::oid AND l.objsubid = 1
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND CASE WHEN to_regclass('public._prisma_migrations') IS NULL
                THEN has_schema_privilege(a.usesysid, 'public', 'CREATE')
                ELSE has_table_privilege(a.usesysid, to_regclass('public._prisma_migrations'), 'INSERT') END`;
  return row?.held === true;
}

/** Describes the session that has held a table of ours the longest; null when there is none. */
export async function findTableHolder(sql: ISql): Promise<string | null> {
  const [row] = await sql<{ pid: number; user: string; seconds: number | null }[]>`
    SELECT a.pid, a.usename AS "user", extract(epoch FROM now() - a.xact_start)::int AS seconds
      FROM pg_locks l
      JOIN pg_class c ON c.oid = l.relation
      JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE l.locktype = 'relation' AND l.granted AND a.pid <> pg_backend_pid()
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND c.relnamespace::regnamespace::text IN ('pool', 'pool_parts', 'report', 'book', 'sync')
     ORDER BY a.xact_start NULLS FIRST LIMIT 1`;
  if (row === undefined) return null;
  const since = row.seconds === null ? '' : `, for ${row.seconds} s`;
  return `The session ${row.pid} of the user ${row.user}${since}`;
}
