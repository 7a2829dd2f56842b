import { describeQueuePlace, queuePlaceOf } from '../src/app/queue-place';
import type { Secret } from '../src/core/secret';
import { openRedisBackend } from './backends/redis';

/** Makes sure that the place of the jobs answers, and describes it. Throws `queue.unreachable`. */
export async function askQueue(redisUrl: Secret | null): Promise<string> {
  // The database has its own line.
  if (redisUrl !== null) await (await openRedisBackend(redisUrl, 'kpool')).close();
  return `jobs are kept in ${describeQueuePlace(queuePlaceOf(redisUrl))}`;
}
