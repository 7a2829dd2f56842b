// What the log says about the pace and the circuit.
import type { Logger } from '../core/log';
import { plural } from '../core/plural';
import type { CircuitEvent } from '../kucoin';
import type { Metrics } from '../observability/metrics';
import type { LongWait, PacingEvent } from '../pacing/events';

type Scoping = Extract<PacingEvent, { readonly kind: 'scoped' }>;

/** Counts grants, and logs what is unusual. `accountOf` finds an account by its key's fingerprint. */
export function logPacing(
  logger: Pick<Logger, 'info' | 'warn' | 'error'>,
  metrics: Pick<Metrics, 'permitGranted'>,
  accountOf: (key: string) => string,
  event: PacingEvent,
): void {
  switch (event.kind) {
    case 'granted':
      metrics.permitGranted(accountOf(event.bucket.key), event.bucket.endpoint, event.waitedMs / 1_000);
      break;
    case 'scoped':
      logScoping(logger, event);
      break;
    case 'waiting':
      logger.warn(describeWait(event));
      break;
    case 'unavailable':
      logger.error('The pace of requests is not available.', {}, event.error);
      break;
  }
}

/** Explains why no request is sent. */
export function describeLostRecord(lostForMs: number): string {
  return (
    'the database has lost its record of the latest requests (it crashed, failed over or was restored), so all of ' +
    `them may still be in flight; the first can leave in ${Math.ceil(lostForMs / 1_000)} s`
  );
}

function describeWait({ buckets, longestMs, lostForMs }: LongWait): string {
  const reason =
    lostForMs > 0
      ? describeLostRecord(lostForMs)
      : 'other processes use the pace of the key, or were killed during a request, or the pool is slow to answer';
  return `Requests to ${buckets} ${plural(buckets, 'endpoint')} have waited for their pace for ${Math.round(longestMs / 1_000)} s: ${reason}.`;
}

/** Logs that a key is paced at another level from now on. */
function logScoping(logger: Pick<Logger, 'info' | 'warn'>, { key, level }: Scoping): void {
  if (level === 'key') {
    logger.warn(
      'The pool throttled a pace it allows per endpoint: the key is paced as a whole from now on. ' +
        'KUCOIN_POOL_RATE_SCOPE=endpoint keeps the faster pace anyway.',
      { key },
    );
  } else {
    logger.info('The pool did not mean the pace: the key is paced per endpoint again.', { key });
  }
}

/** Logs that the circuit of an account opened or closed. */
export function logCircuit(
  logger: Pick<Logger, 'info' | 'warn'>,
  account: string,
  event: CircuitEvent,
): void {
  if (event.kind === 'closed') {
    logger.info('The pool lets the account in again.', { account });
    return;
  }
  logger.warn(
    'No requests are sent for this account, except for a probe now and then.',
    { account, firstTryInMs: event.forMs },
    event.error,
  );
}
