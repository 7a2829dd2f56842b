import { assertSchemaCompatibility, LATEST_SCHEMA_VERSION, runMigrations } from 'bullmq';
import type { Pool, PoolClient } from 'pg';
import { KpoolError } from '../../src/core/errors';
import { SQLSTATE } from '../../src/core/postgres/error-table';
import type { SessionSettings } from '../../src/core/postgres/session-settings';
import { classifyDatabaseError } from '../../src/core/postgres/errors';

/** A schema of its own, so that BI tools do not show these tables with ours. */
export const SCHEMA = 'bullmq';
/**
 * For every connection to the queue. BullMQ waits milliseconds for its advisory locks; anyone who may connect can hold
 * them for longer, and then an error should say so.
 */
export const QUEUE_SESSION: SessionSettings = { lock_timeout: "'10s'" };
const NEEDED_PRIVILEGES = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];

/**
 * Creates or migrates the tables of the queue, and makes sure that this user may use them. Throws `queue.refused` if
 * rights or versions must change, otherwise the database's error.
 */
export async function requirePostgresQueue(connections: Pick<Pool, 'connect'>): Promise<void> {
  try {
    const client = await connections.connect();
    try {
      await migrateQueueTables(client);
      await requirePrivileges(client);
    } finally {
      client.release();
    }
  } catch (error) {
    throw queueFailure(error);
  }
}

/** Skipped if nothing has to be done: it waits for a lock that anyone may hold, and needs rights on the schema. */
async function migrateQueueTables(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ isMade: boolean }>(
    `SELECT to_regclass('${SCHEMA}.migration') IS NOT NULL AS "isMade"`,
  );
  const version = rows[0]?.isMade === true ? await assertSchemaCompatibility(client, SCHEMA) : 0;
  if (version < LATEST_SCHEMA_VERSION) await runMigrations(client, SCHEMA);
}

async function requirePrivileges(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ table: string }>(
    `SELECT format('%I.%I', '${SCHEMA}', c.relname) AS table FROM pg_class c
      WHERE c.relnamespace = to_regnamespace('${SCHEMA}') AND c.relkind IN ('r', 'p')
        AND NOT (SELECT bool_and(has_table_privilege(c.oid, needed)) FROM unnest($1::text[]) AS needed)
      LIMIT 1`,
    [NEEDED_PRIVILEGES],
  );
  const [missing] = rows;
  if (missing !== undefined) throw queueRefused(`it lacks rights to ${missing.table}`);
}

function queueFailure(error: unknown): KpoolError {
  const failure = error instanceof Error ? error : new Error(String(error));
  // BullMQ's error for tables that a newer version of it has created.
  if (failure.name === 'SchemaVersionMismatchError') {
    return new KpoolError('queue.refused', 'The tables of the queue were made by a newer version of kpool.', {
      hint: 'Run the same version everywhere, or stop every process and drop the schema bullmq: nothing is lost.',
      cause: error,
    });
  }
  if ('code' in failure && failure.code === SQLSTATE.insufficientPrivilege)
    return queueRefused(failure.message, error);
  return classifyDatabaseError(error);
}

function queueRefused(reason: string, cause?: unknown): KpoolError {
  return new KpoolError(
    'queue.refused',
    `The user of DATABASE_URL may not make or use the tables of the queue: ${reason}.`,
    {
      hint: 'Let it own the schema bullmq (ALTER SCHEMA bullmq OWNER TO …), or create it (GRANT CREATE ON DATABASE … TO …); or set REDIS_URL.',
      cause,
    },
  );
}
