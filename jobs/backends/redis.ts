import { createRedisBackend, Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { KpoolError } from '../../src/core/errors';
import type { Secret } from '../../src/core/secret';
import { QUEUE_NAME } from '../job-names';
import type { QueueBackend } from './backend';
import { createRunner } from './runner';

const CONNECT_TIMEOUT_MS = 10_000;
const RECONNECT_FIRST_MS = 100;
const RECONNECT_MAX_MS = 5_000;
/**
 * A connection that the server does not end by then is cut. ioredis 6 waits so long even for one that is over already, and
 * keeps a stopped process alive for it.
 */
const DISCONNECT_TIMEOUT_MS = 100;

/** The queue in Redis, which answers. Throws `queue.unreachable`. `prefix` begins all of its keys. */
export async function openRedisBackend(redisUrl: Secret, prefix: string): Promise<QueueBackend> {
  const connection = new Redis(redisUrl.reveal(), {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    // BullMQ waits for the connection to come back, however long that takes.
    maxRetriesPerRequest: null,
    enableReadyCheck: true,
    retryStrategy: (attempt) => Math.min(RECONNECT_MAX_MS, RECONNECT_FIRST_MS * 2 ** Math.min(attempt, 10)),
  });
  let lastError: Error | undefined;
  connection.on('error', (error: Error) => (lastError = error));
  try {
    await connection.connect();
  } catch (error) {
    connection.disconnect();
    const { hostname, port } = new URL(redisUrl.reveal());
    throw new KpoolError(
      'queue.unreachable',
      `Redis at ${hostname}:${port === '' ? '6379' : port} cannot be reached.`,
      {
        hint: 'Check REDIS_URL and that the server runs. Without REDIS_URL the jobs are kept in PostgreSQL.',
        cause: lastError ?? error,
      },
    );
  }
  return {
    openQueue: () => new Queue<unknown, unknown>(QUEUE_NAME, { connection, prefix }, createRedisBackend),
    openRunner: (process, options) =>
      createRunner(process, { ...options, connection, prefix }, createRedisBackend),
    onReturn: (listener) => void connection.on('ready', listener),
    close: () => {
      connection.disconnect();
      return Promise.resolve();
    },
  };
}
