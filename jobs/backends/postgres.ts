import {
  createPostgresBackend,
  Queue,
  runMigrations,
  type PgPool,
  type PostgresConnectionOptions,
  type PostgresQueueBackend,
} from 'bullmq';
import { Pool } from 'pg';
import { KpoolError } from '../../src/core/errors';
import type { Secret } from '../../src/core/secret';
import { QUEUE_NAME } from '../job-names';
import type { QueueBackend } from './backend';
import { createRunner } from './runner';

/** Beside our own: a BI tool never looks there. */
const SCHEMA = 'bullmq';
/** For short statements, and one that listens for news. */
const MAX_CONNECTIONS = 4;
const CONNECT_TIMEOUT_MS = 10_000;

type Connection = PostgresConnectionOptions;
type Backend = PostgresQueueBackend;

/**
 * The queue in our own database, its tables made or brought up to date. Throws `queue.unreachable`. What a crash of
 * the server takes from it, the last half second, the next plan makes again; so no commit waits for the disk.
 */
export async function openPostgresBackend(databaseUrl: Secret): Promise<QueueBackend> {
  const pool = new Pool({
    connectionString: databaseUrl.reveal(),
    max: MAX_CONNECTIONS,
    options: `-c search_path=${SCHEMA} -c synchronous_commit=off`,
    application_name: 'kpool queue',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  // A connection that breaks is replaced at the next statement, which tells of it if need be. While one is lent out, to
  // listen or between two statements, nobody but we would hear of it, and Node would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  try {
    const client = await pool.connect();
    try {
      await runMigrations(client, SCHEMA);
    } finally {
      client.release();
    }
  } catch (cause) {
    await pool.end();
    throw new KpoolError('queue.unreachable', 'The tables of the queue cannot be made in the database.', {
      hint: 'The user of DATABASE_URL must be allowed to create the schema bullmq.',
      cause,
    });
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
