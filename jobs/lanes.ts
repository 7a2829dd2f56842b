import type { Stream } from '../src/domain/streams';

/**
 * Jobs of a stream and account that are in the queue at once: enough to keep the stream's endpoint busy while another
 * one commits, and never so many that walks over workers could take what earnings need.
 */
export const LANES: Record<Stream, number> = {
  algorithms: 1,
  'sub-accounts': 1,
  earnings: 3,
  rewards: 3,
  'account-income': 1,
  'sub-account-income': 1,
  workers: 2,
  'worker-details': 1,
};

/** All lanes of an account, and one for its plans. */
const LANES_PER_ACCOUNT = Object.values(LANES).reduce((sum, lanes) => sum + lanes, 1);
const MAX_CONCURRENCY = 64;

/** Jobs that one process has in hand at once: a job that waits for its turn at the pool costs next to nothing. */
export function concurrencyOf(accounts: number): number {
  return Math.min(MAX_CONCURRENCY, LANES_PER_ACCOUNT * Math.max(1, accounts));
}
