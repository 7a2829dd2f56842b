import type { StreamRegistry } from '../src/sync/stream-registry';

const MAX_CONCURRENCY = 64;

/** Jobs that one process runs at once; a job that waits for a permit costs almost nothing. */
export function concurrencyOf(streams: StreamRegistry, accounts: number): number {
  // One more for plans.
  const perAccount = streams.all.reduce((sum, { concurrency }) => sum + concurrency, 1);
  return Math.min(MAX_CONCURRENCY, perAccount * Math.max(1, accounts));
}
