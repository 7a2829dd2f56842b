import { secondsInHour } from 'date-fns/constants';
import type { Config } from '../config/config';
import { STREAMS } from '../sync/registry';

/** Requests per hour that the rate limit allows, for all accounts together; each stream has an endpoint of its own. */
export function countAllowedPerHour({ pool, accounts }: Config): number {
  const buckets = accounts.length * (pool.rateScope === 'key' ? 1 : STREAMS.all.length);
  return buckets * pool.requestsPerSecond * secondsInHour;
}
