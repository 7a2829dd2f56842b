import { createRedisBackend, Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { classifyRedisError } from '../../src/core/redis-errors';
import type { Secret } from '../../src/core/secret';
import { QUEUE_NAME } from '../job-names';
import type { QueueBackend } from './backend';
import { REDIS_CONNECT_TIMEOUT_MS, DISCONNECT_TIMEOUT_MS, requireRedis } from './redis-requirements';
import { createRunner } from './runner';

const RECONNECT_FIRST_MS = 100;
const RECONNECT_MAX_MS = 5_000;

/**
 * Opens the queue in Redis, once that is known to be able to hold it. Throws `queue.refused` and `queue.unreachable`.
 * `prefix` begins all of its keys.
 */
export async function openRedisBackend(
  redisUrl: Secret,
  prefix: string,
  log: (line: string) => void,
): Promise<QueueBackend> {
  await requireRedis(redisUrl, { prefix, log });
  const connection = new Redis(redisUrl.reveal(), {
    lazyConnect: true,
    connectTimeout: REDIS_CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    // BullMQ waits for the connection without limit.
    maxRetriesPerRequest: null,
    enableReadyCheck: true,
    retryStrategy: (attempt) => Math.min(RECONNECT_MAX_MS, RECONNECT_FIRST_MS * 2 ** Math.min(attempt, 10)),
  });
  let firstError: Error | undefined;
  connection.on('error', (error: Error) => (firstError ??= error));
  try {
    await connection.connect();
  } catch (error) {
    connection.disconnect();
    throw classifyRedisError(firstError ?? error);
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
