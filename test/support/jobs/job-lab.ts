import type { JobContext } from '../../../jobs/job-context';
import { StreamHolds } from '../../../jobs/stream-holds';
import { systemClock } from '../../../src/core/clock';
import { createSyncedPool, type SyncedPool } from '../synced-pool';

const silent = (): void => undefined;
const SILENT_LOG = { debug: silent, info: silent, warn: silent, error: silent };

/** A pool of two accounts, four sub-accounts and two algorithms, and the service that syncs it. */
export function createJobPool(databaseUrl: string, env: Record<string, string> = {}): Promise<SyncedPool> {
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
      },
    },
    env: { WORKER_DETAILS_SHARE: '0.1', ...env },
  });
}

/** What processors work with, over `pool` and `queue`. */
export function createJobContext(pool: SyncedPool, queue: JobContext['queue']): JobContext {
  return {
    service: pool.service,
    queue,
    everyMs: pool.everyMs,
    keepDays: { workerSamples: 14, workerHourly: 180, workerDaily: null, runs: 400 },
    clock: systemClock,
    log: SILENT_LOG,
    signal: new AbortController().signal,
    holds: new StreamHolds(systemClock),
    inHand: new Set(),
    wakeIn: silent,
  };
}
