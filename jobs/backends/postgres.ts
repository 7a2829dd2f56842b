import {
  createPostgresBackend,
  Queue,
  type PgPool,
  type PostgresConnectionOptions,
  type PostgresQueueBackend,
} from 'bullmq';
import { createConnections } from '../../src/core/postgres/connections';
import type { Secret } from '../../src/core/secret';
import { QUEUE_NAME } from '../job-names';
import type { QueueBackend } from './backend';
import { QUEUE_SESSION, requirePostgresQueue, SCHEMA } from './postgres-requirements';
import { createRunner } from './runner';

type QueueConnection = PostgresConnectionOptions;
type Backend = PostgresQueueBackend;

/**
 * The queue in our own database, with its tables migrated. Throws as `requirePostgresQueue` does. Commits do not wait
 * for the disk: a crash of the server may lose the last half second, which the next plan enqueues again. Of
 * `maxConnections` one is for notifications and stays open, the rest for short statements.
 */
export async function openPostgresBackend(
  databaseUrl: Secret,
  maxConnections: number,
): Promise<QueueBackend> {
  const connections = createConnections({
    url: databaseUrl,
    maxConnections,
    applicationName: 'kpool queue',
    settings: { ...QUEUE_SESSION, search_path: SCHEMA, synchronous_commit: 'off' },
  });
  try {
    await requirePostgresQueue(connections);
  } catch (error) {
    await connections.end();
    throw error;
  }
  // pg's types describe the same thing differently.
  const connection = connections as unknown as PgPool;
  return {
    openQueue: () =>
      new Queue<unknown, unknown, string, unknown, unknown, string, Backend, QueueConnection>(
        QUEUE_NAME,
        { connection },
        createPostgresBackend,
      ),
    openRunner: (process, options) =>
      createRunner<Backend, QueueConnection>(process, { ...options, connection }, createPostgresBackend),
    // A database that comes back lost only the last moment, and the schedulers are older than that.
    onReturn: () => undefined,
    close: () => connections.end(),
  };
}
