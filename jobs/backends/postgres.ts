import {
  createPostgresBackend,
  Queue,
  type PgPool,
  type PostgresConnectionOptions,
  type PostgresQueueBackend,
} from 'bullmq';
import { createPool } from '../../src/core/postgres/pool';
import type { Secret } from '../../src/core/secret';
import { QUEUE_NAME } from '../job-names';
import type { QueueBackend } from './backend';
import { QUEUE_SESSION, requirePostgresQueue, SCHEMA } from './postgres-requirements';
import { createRunner } from './runner';

/** One for notifications, which stays open, and the rest for short statements. */
const DEFAULT_CONNECTIONS = 3;

type Connection = PostgresConnectionOptions;
type Backend = PostgresQueueBackend;

/**
 * The queue in our own database, its tables made or brought up to date. Throws as `requirePostgresQueue` does. What a crash of
 * the server takes from it, the last half second, the next plan makes again; so no commit waits for the disk.
 */
export async function openPostgresBackend(
  databaseUrl: Secret,
  maxConnections = DEFAULT_CONNECTIONS,
): Promise<QueueBackend> {
  const pool = createPool({
    url: databaseUrl,
    maxConnections,
    applicationName: 'kpool queue',
    settings: { ...QUEUE_SESSION, search_path: SCHEMA, synchronous_commit: 'off' },
  });
  try {
    await requirePostgresQueue(pool);
  } catch (error) {
    await pool.end();
    throw error;
  }
  // The types of pg say the same in other words.
  const connection = pool as unknown as PgPool;
  return {
    openQueue: () =>
      new Queue<unknown, unknown, string, unknown, unknown, string, Backend, Connection>(
        QUEUE_NAME,
        { connection },
        createPostgresBackend,
      ),
    openRunner: (process, options) =>
      createRunner<Backend, Connection>(process, { ...options, connection }, createPostgresBackend),
    // A database that comes back has what was committed, but for the last moment: the schedulers are older.
    onReturn: () => undefined,
    close: () => pool.end(),
  };
}
