import { millisecondsInHour, millisecondsInMinute } from 'date-fns/constants';
import type { BackoffPolicy } from '../core/backoff';
import { backoffDelayMs } from '../core/backoff';
import type { CircuitPolicy } from './circuit';
import type { CallFailure } from './failure';
import type { ForbiddenPolicy } from './refusals';

/** How many requests one call may send, how long it waits in between, and when the account's circuit opens. */
export interface RetryPolicy {
  /** Requests of one call, whatever their failures; a corrected clock allows one more. */
  readonly attempts: number;
  /** After network failures, server errors and malformed answers. */
  readonly backoff: BackoffPolicy;
  /** After throttling: slow enough for any limit counted per second. */
  readonly throttled: BackoffPolicy;
  /** A longer `Retry-After` ends the call, so that its job is delayed instead of holding a slot. */
  readonly longestWaitMs: number;
  readonly circuit: CircuitPolicy;
  readonly forbidden: ForbiddenPolicy;
}

/** A ban that each request prolongs ends only during a pause longer than the ban. */
const BANNED: BackoffPolicy = { firstDelayMs: 15_000, maxDelayMs: 600_000, factor: 2 };

export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  attempts: 4,
  backoff: { firstDelayMs: 1_000, maxDelayMs: 15_000, factor: 2 },
  throttled: { firstDelayMs: 4_000, maxDelayMs: 30_000, factor: 2 },
  longestWaitMs: millisecondsInMinute,
  circuit: {
    pause: {
      // Each pause is about half as long as the maintenance has lasted so far.
      maintenance: { firstDelayMs: 5_000, maxDelayMs: 300_000, factor: 1.5 },
      throttled: BANNED,
      refused: BANNED,
    },
    failureThreshold: 3,
    longestPauseMs: millisecondsInHour,
  },
  forbidden: { afterMs: 10 * millisecondsInMinute, afterProbes: 4 },
};

/**
 * Delay before the next attempt after `attempt` (1, 2, …) ended in `failure`; null if the call has failed. Pure:
 * `random` is in [0, 1).
 */
export function nextDelayMs(
  policy: RetryPolicy,
  attempt: number,
  failure: CallFailure,
  random: number,
): number | null {
  const { error, kind } = failure;
  // `pool.clock` was already retried with the measured offset.
  if (attempt >= policy.attempts || error.code === 'aborted' || error.code === 'pool.clock') return null;
  if (error.retry !== 'backoff' && error.retry !== 'after') return null;
  const isThrottling = kind === 'throttled' || kind === 'ambiguous-403';
  const ownDelayMs = backoffDelayMs(isThrottling ? policy.throttled : policy.backoff, attempt, random);
  const delayMs = Math.max(ownDelayMs, error.retryAfterMs ?? 0);
  return delayMs <= policy.longestWaitMs ? delayMs : null;
}
