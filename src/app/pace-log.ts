import type { QuietEvent } from '../kucoin';
import type { Logger } from '../observability/logger';
import type { PacingEvent } from '../pacing/desk';

type Turn = Extract<PacingEvent, { readonly kind: 'turned' }>;

/** Says that a key is paced otherwise from now on. */
export function logTurn(logger: Pick<Logger, 'info' | 'warn'>, { key, scope }: Turn): void {
  if (scope === 'key') {
    logger.warn(
      'The pool throttled a pace it allows per endpoint: the key is paced as a whole from now on. ' +
        'KUCOIN_POOL_RATE_SCOPE=endpoint keeps the faster pace all the same.',
      { key },
    );
  } else {
    logger.info('The pool did not mean the pace: the key is paced per endpoint again.', { key });
  }
}

/** Says that an account's calls begin to stay away from the pool, or are let in again. */
export function logQuiet(logger: Pick<Logger, 'info' | 'warn'>, account: string, event: QuietEvent): void {
  if (event.kind === 'let-in') {
    logger.info('The pool lets the account in again.', { account });
    return;
  }
  logger.warn(
    'The pool is left alone for this account, but for a try now and then.',
    { account, firstTryInMs: event.forMs },
    event.error,
  );
}
