import { createConnections } from '../src/core/postgres/connections';
import type { Secret } from '../src/core/secret';
import { QUEUE_SESSION, requirePostgresQueue } from './backends/postgres-requirements';
import { requireRedis } from './backends/redis-requirements';
import { describeQueueLocation, queueLocationOf } from './queue-location';

/**
 * Makes sure, as a start does, that the queue's location can hold jobs, and describes it. Throws `queue.refused`,
 * `queue.unreachable`, and what the database says.
 */
export async function askQueue(
  databaseUrl: Secret,
  redisUrl: Secret | null,
  log: (line: string) => void,
): Promise<string> {
  if (redisUrl === null) await askDatabase(databaseUrl);
  else await requireRedis(redisUrl, { prefix: 'kpool', log });
  return `jobs are kept in ${describeQueueLocation(queueLocationOf(redisUrl))}`;
}

async function askDatabase(url: Secret): Promise<void> {
  const pool = createConnections({
    url,
    maxConnections: 1,
    applicationName: 'kpool queue',
    settings: QUEUE_SESSION,
  });
  try {
    await requirePostgresQueue(pool);
  } finally {
    await pool.end();
  }
}
