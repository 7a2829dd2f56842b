import type { Secret } from '../src/core/secret';
import { stopAll } from '../src/core/stop-all';
import { withSchedulesLock } from '../src/store/queue-registration';
import { openPostgresBackend } from './backends/postgres';
import { openRedisBackend } from './backends/redis';
import { describeQueueLocation, holdQueueLocation, queueLocationOf } from './queue-location';
import { startServiceJobs, type ServiceJobs, type ServiceJobsOptions } from './service-jobs';

export interface RunJobsOptions extends Omit<ServiceJobsOptions, 'backend' | 'exclusively'> {
  /** A migrated database. */
  readonly databaseUrl: Secret;
  /** Null: the queue is in the database. */
  readonly redisUrl: Secret | null;
  /** Connections that a queue in the database may take. */
  readonly queueConnections: number;
  /** In [0, 1). */
  readonly random: () => number;
}

/**
 * Runs jobs of a database's queue. Throws `queue.refused` when running processes keep the queue elsewhere, and
 * `queue.unreachable`.
 */
export async function runJobs(options: RunJobsOptions): Promise<ServiceJobs> {
  const { databaseUrl, redisUrl, clock, log, random } = options;
  const location = queueLocationOf(redisUrl);
  const held = await holdQueueLocation({
    databaseUrl,
    location,
    clock,
    random,
    log: (line) => log.warn(line),
    onLost: options.onUnrecoverable,
  });
  try {
    const backend =
      redisUrl === null
        ? await openPostgresBackend(databaseUrl, options.queueConnections)
        : // Another kpool may share this Redis.
          await openRedisBackend(redisUrl, `kpool-${held.installation}`, (line) => log.warn(line));
    try {
      const jobs = await startServiceJobs({
        ...options,
        backend,
        exclusively: (work) => withSchedulesLock(databaseUrl, work),
      });
      log.info(`Jobs run, kept in ${describeQueueLocation(location)}.`);
      return {
        ...jobs,
        stop: () => stopAll([() => jobs.stop(), () => backend.close(), () => held.release()]),
      };
    } catch (error) {
      await backend.close();
      throw error;
    }
  } catch (error) {
    await held.release();
    throw error;
  }
}
