import { millisecondsInMinute } from 'date-fns/constants';
import { assert } from '../core/assert';
import type { BackoffPolicy } from '../core/backoff';

/**
 * Every time limit of the pacing, and what must hold between them: asserted below, when this file is loaded, and in
 * `computeLeaseMs`, which gets the one limit that is not ours.
 */

/** The pool's limit counts requests in windows of this length. */
const LIMIT_WINDOW_MS = 1_000;
/** Allows for clock drift between this host and the pool. */
const GUARD_MS = 5;
/**
 * A slot rests this long after its request was answered. A request arrives at the pool between its dispatch and its
 * answer, so two requests that follow each other in one slot arrive more than a window apart, and N slots never have
 * N + 1 arrivals in a window (P6).
 */
export const REST_MS = LIMIT_WINDOW_MS + GUARD_MS;
/** A permit unused for this long is discarded. */
export const PERMIT_LIFE_MS = 1_000;

/** Polls of a process start at least this far apart, so that under load one statement serves many buckets. */
export const POLL_GAP_MS = 10;
/** A hand-back waits this long to be batched with others; it is sent with the rest that is left then. */
export const HAND_BACK_DELAY_MS = 25;
/** A timer may fire this early, and a poll that comes too early costs a second one. */
export const TIMER_MARGIN_MS = 1;
/**
 * A bucket with waiters is polled at least this often, whatever the last poll said: what a poll predicts is a hint, by a
 * clock that may be stepped.
 */
export const POLL_INTERVAL_MS = 1_500;
/** A free slot is kept this long for the process whose turn it is. */
export const TURN_MS = 100;

/** The server ends a poll after this long and grants nothing. */
export const POLL_STATEMENT_TIMEOUT_MS = 3_000;
/** The process closes its connection when a poll is not answered within this time. */
export const POLL_ANSWER_TIMEOUT_MS = 3_500;
export const POLL_RETRY: BackoffPolicy = { firstDelayMs: 100, maxDelayMs: 1_000, factor: 2 };
/** How long polls may fail before waiters are rejected. */
export const GIVE_UP_AFTER_MS = 15_000;

/** A wait this long is reported, and again at most this often. */
export const REPORT_WAIT_AFTER_MS = 15_000;
export const REPORT_WAIT_EVERY_MS = millisecondsInMinute;

/** P12: the first request leaves within this time after everything is back. */
export const RESUME_WITHIN_MS = 40_000;
/** How much of that a process that starts then may use before it asks for a permit. */
const START_MS = 1_900;

assertOrder('a hand-back that has waited to be batched is sent at once', POLL_GAP_MS, HAND_BACK_DELAY_MS);
assertOrder(
  'a hand-back is known, and a turn is over, before the rest ends: neither costs pace',
  HAND_BACK_DELAY_MS + TURN_MS,
  REST_MS,
);
assertOrder(
  'the server gives up a poll before the process does, so that no slot is granted to a process that stopped listening',
  POLL_STATEMENT_TIMEOUT_MS,
  POLL_ANSWER_TIMEOUT_MS,
);
assertOrder(
  'a failed poll is retried before waiters are rejected',
  POLL_ANSWER_TIMEOUT_MS + POLL_RETRY.maxDelayMs,
  GIVE_UP_AFTER_MS,
);
assertOrder(
  'a long wait is noticed in time, since polls come more often',
  POLL_INTERVAL_MS + POLL_ANSWER_TIMEOUT_MS + POLL_RETRY.maxDelayMs,
  REPORT_WAIT_AFTER_MS,
);

/**
 * The lease of a slot, for holders that never report back: the permit may be used until the end of its life, the client
 * destroys the socket at its total timeout, and then the slot rests. No slot is in use for longer, whatever the table
 * says: a later time was written by a clock that was set back since.
 */
export function computeLeaseMs(totalTimeoutMs: number): number {
  const lease = PERMIT_LIFE_MS + totalTimeoutMs + REST_MS;
  assertOrder(
    'a lease that nobody ends expires before the service counts as stuck',
    computeResumeMs(lease) + START_MS,
    RESUME_WITHIN_MS,
  );
  return lease;
}

/**
 * The longest time until the first permit after the database or the process is back: the poll that hangs at that
 * moment, the pause after it, one lease, and the poll that finds it expired.
 */
export function computeResumeMs(lease: number): number {
  return POLL_ANSWER_TIMEOUT_MS + POLL_RETRY.maxDelayMs + lease + POLL_INTERVAL_MS;
}

function assertOrder(invariant: string, shorterMs: number, longerMs: number): void {
  assert(shorterMs < longerMs, invariant);
}
