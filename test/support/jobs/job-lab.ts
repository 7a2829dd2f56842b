import type { QueueBackend } from '../../../jobs/backends/backend';
import { openPostgresBackend } from '../../../jobs/backends/postgres';
import { openRedisBackend } from '../../../jobs/backends/redis';
import type { JobContext } from '../../../jobs/job-context';
import { StreamHolds } from '../../../jobs/stream-holds';
import { systemClock } from '../../../src/core/clock';
import { Secret } from '../../../src/core/secret';
import type { SimulatorOptions } from '../../../src/simulator';
import { keepDays } from '../keep-days';
import { createSyncedPool, type SyncedPool } from '../synced-pool';
import type { TestDatabase } from '../test-database';
import type { BackendUnderTest } from './both-backends';

const silent = (): void => undefined;
const SILENT_LOG = { debug: silent, info: silent, warn: silent, error: silent };

/** A pool of two accounts, four sub-accounts and two algorithms by default, and the service that syncs it. */
export function createJobPool(
  databaseUrl: string,
  env: Record<string, string> = {},
  world: SimulatorOptions['world'] = {},
): Promise<SyncedPool> {
  return createSyncedPool({
    databaseUrl,
    simulator: {
      seed: 20_261_122,
      startAt: Date.UTC(2026, 9, 20, 9, 30),
      world: {
        accounts: 2,
        subAccountsPerAccount: 2,
        days: 40,
        algorithms: ['SHA256d', 'Scrypt'],
        workersPerSubAccount: 2,
        ...world,
      },
    },
    env: { WORKER_DETAILS_SHARE: '0.1', ...env },
  });
}

/** The queues of one test file. */
export function openTestBackend(
  backend: BackendUnderTest,
  database: Pick<TestDatabase, 'url' | 'name'>,
): Promise<QueueBackend> {
  const redis = backend.redisUrl();
  return redis === null
    ? openPostgresBackend(new Secret(database.url), 3)
    : openRedisBackend(new Secret(redis), `${backend.redisPrefix()}-${database.name}`, () => undefined);
}

/** What processors work with, over `pool` and `queue`. */
export function createJobContext(pool: SyncedPool, queue: JobContext['queue']): JobContext {
  return {
    service: pool.service,
    queue,
    everyMs: pool.everyMs,
    keepDays: keepDays({ workerSamples: 14, workerHourly: 180, runs: 400 }),
    clock: systemClock,
    log: SILENT_LOG,
    signal: new AbortController().signal,
    holds: new StreamHolds(systemClock),
    inFlight: new Set(),
    wakeIn: silent,
  };
}
