import { millisecondsInMinute } from 'date-fns/constants';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReservedSql, Sql } from 'postgres';
import { KpoolError } from '../../core/errors';
import { guarded } from '../../core/postgres/errors';
import { MIGRATION_LOCK } from '../../core/postgres/lock-numbers';
import { applyViews, changedViews, readAppliedViews } from './apply-views';
import { isConnectionLost, migrationFailure } from './migration-failure';
import type { MigrationFile } from './migration-files';
import { findMigrationsDirectory, readMigrationFiles } from './migration-files';
import { findTableHolder, isLockedByMigration } from './lock-holders';
import { createRecords, insertRecord, isApplied, lockRecords, readRecords } from './migration-records';
import type { MigrationState } from './migration-state';
import { judgeMigrations, requireMigratable } from './migration-state';
import type { ViewFile } from './view-files';
import { readViewFiles } from './view-files';

/** How long to wait for another process that is migrating. */
const LOCK_WAIT_MS = 10 * millisecondsInMinute;
const LOCK_RETRY_MS = 500;
/** How long to wait for a reader that holds a table: all other statements queue behind a change that waits for it. */
const TABLE_WAIT_MS = 8_000;

export interface MigrateOptions {
  /** Default: the migrations that come with the program. The views are in the directory `views` beside it. */
  readonly migrationsDir?: string;
  readonly log?: (line: string) => void;
}

export interface MigrateResult {
  /** Names of the migrations applied now, in order. */
  readonly applied: readonly string[];
  readonly alreadyApplied: number;
  /** Names of the views and functions created or replaced now, in order. */
  readonly views: readonly string[];
}

/** The migrations and views of this build. */
interface SchemaFiles {
  readonly migrations: readonly MigrationFile[];
  readonly views: readonly ViewFile[];
}

/**
 * Applies this build's migrations. Any number of processes may do so at once, Prisma's `migrate deploy` included: each
 * migration is applied once. Each is one transaction together with its record, so that none is ever half applied, and
 * after an interruption the next call continues. (So none may hold what PostgreSQL refuses in a transaction, such as
 * CREATE INDEX CONCURRENTLY.) Then applies the views whose text has changed, in one transaction.
 *
 * Throws `database.refused`, `database.newer`, `database.migration-failed`, `database.failed`, `database.rejected` or
 * `database.unreachable`.
 */
export async function migrate(sql: Sql, options: MigrateOptions = {}): Promise<MigrateResult> {
  const files = await readSchemaFiles(options);
  const log = options.log ?? (() => undefined);
  return guarded(() => withMigrationLock(sql, (session) => applyPending(session, files, log)));
}

/** Compares the database with the migrations and views of this build; changes nothing. */
export async function migrationState(
  sql: Sql,
  options: Pick<MigrateOptions, 'migrationsDir'> = {},
): Promise<MigrationState> {
  const files = await readSchemaFiles(options);
  return guarded(async () => {
    const state = judgeMigrations(files.migrations, await readRecords(sql));
    if (state.verdict !== 'up to date' || files.views.length === 0) return state;
    const { changed, removed } = changedViews(files.views, await readAppliedViews(sql));
    return changed.length + removed.length === 0 ? state : { ...state, verdict: 'pending' };
  });
}

async function readSchemaFiles(options: Pick<MigrateOptions, 'migrationsDir'>): Promise<SchemaFiles> {
  const directory = options.migrationsDir ?? findMigrationsDirectory();
  return {
    migrations: await readMigrationFiles(directory),
    views: await readViewFiles(path.join(directory, '..', 'views')),
  };
}

async function applyPending(
  session: ReservedSql,
  files: SchemaFiles,
  log: (line: string) => void,
): Promise<MigrateResult> {
  const state = judgeMigrations(files.migrations, await readRecords(session));
  requireMigratable(state);
  const pending = files.migrations.filter((file) => state.pending.includes(file.name));
  for (const file of pending) {
    await applyOne(session, file);
    log(`Applied migration ${file.name}.`);
  }
  const views = await applyViews(session, files.views);
  if (views.length > 0) log(`Applied ${views.length} of the ${files.views.length} views.`);
  return { applied: pending.map((file) => file.name), alreadyApplied: state.appliedCount, views };
}

async function applyOne(session: ReservedSql, file: MigrationFile): Promise<void> {
  try {
    await session`BEGIN`;
    await createRecords(session);
    // If a reader holds the advisory lock, this lock decides which process migrates first.
    await lockRecords(session);
    if (await isApplied(session, file)) {
      await session`ROLLBACK`;
      return;
    }
    // Simple protocol: the whole file in one message, so that nothing has to split it into statements.
    await session.unsafe(file.script).simple();
    await insertRecord(session, file);
    await session`COMMIT`;
  } catch (error) {
    if (isConnectionLost(error)) throw migrationFailure(`migration ${file.name}`, error);
    await session`ROLLBACK`;
    throw migrationFailure(`migration ${file.name}`, error, await findTableHolder(session));
  }
}

/** The lock belongs to the session: `work` gets the one connection that holds it. */
async function withMigrationLock<T>(sql: Sql, work: (session: ReservedSql) => Promise<T>): Promise<T> {
  // So that there is a connection to reserve: postgres.js 3.4 never resolves `reserve` for one that it opens for it,
  // except with `fetch_types`, whose query ends the process when the connection breaks meanwhile.
  await sql`SELECT 1`;
  const session = await sql.reserve();
  try {
    await lock(session);
    const result = await work(session);
    await unlock(session);
    return result;
  } catch (error) {
    // Not in a `finally`: a statement sent on a connection that broke ends the process, since postgres.js writes
    // to a destroyed socket (porsager/postgres issues 1154, 1208). Such a connection has left the pool.
    if (!isConnectionLost(error)) await unlock(session);
    throw error;
  }
}

async function lock(session: ReservedSql): Promise<void> {
  await session`SELECT set_config('lock_timeout', ${`${TABLE_WAIT_MS}ms`}, false), set_config('statement_timeout', '0', false)`;
  for (let waitedMs = 0; waitedMs < LOCK_WAIT_MS; waitedMs += LOCK_RETRY_MS) {
    const [row] = await session<
      { taken: boolean }[]
    >`SELECT pg_try_advisory_lock(${MIGRATION_LOCK}) AS taken`;
    if (row?.taken === true || !(await isLockedByMigration(session, MIGRATION_LOCK))) return;
    await sleep(LOCK_RETRY_MS);
  }
  throw new KpoolError(
    'database.failed',
    `Another process has been migrating this database for ${LOCK_WAIT_MS / millisecondsInMinute} minutes.`,
    { hint: `Wait for it, or see who holds advisory lock ${MIGRATION_LOCK} in pg_locks.` },
  );
}

/** Releases the lock, so that the connection is returned as it was found. */
async function unlock(session: ReservedSql): Promise<void> {
  await session`SELECT pg_advisory_unlock(${MIGRATION_LOCK})`;
  await session`RESET lock_timeout`;
  await session`RESET statement_timeout`;
  session.release();
}
