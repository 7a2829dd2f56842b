import { describeQueuePlace, queuePlaceOf } from '../src/app/queue-place';
import type { Secret } from '../src/core/secret';
import { requireRedis } from './backends/redis-requirements';

/**
 * Makes sure that the place of the jobs can hold them, and describes it. Throws `queue.refused` and `queue.unreachable`.
 */
export async function askQueue(redisUrl: Secret | null, log: (line: string) => void): Promise<string> {
  // The database has its own line.
  if (redisUrl !== null) await requireRedis(redisUrl, { prefix: 'kpool', log });
  return `jobs are kept in ${describeQueuePlace(queuePlaceOf(redisUrl))}`;
}
