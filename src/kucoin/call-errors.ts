import { KpoolError } from '../core/errors';
import type { Obstacle, Trouble } from './circuit';
import { REFUSED_HINT } from './error-table';

/** Why nothing is asked at the moment. */
const QUIET = {
  maintenance: {
    code: 'pool.maintenance',
    says: 'The pool is under maintenance; nothing is asked for a while.',
    hint: 'It is tried again by itself.',
  },
  throttled: {
    code: 'pool.throttled',
    says: 'The pool keeps throttling this API key; nothing is asked for a while.',
    hint: 'It is tried again by itself; look for another program that uses the same API key.',
  },
  refused: {
    code: 'pool.throttled',
    says: 'The pool refuses whatever is asked with this API key: too many requests, or forbidden; nothing is asked for a while.',
    hint: REFUSED_HINT,
  },
} as const satisfies Record<Trouble, unknown>;

/** The failure of a call that was not made, since the account's calls stay away. */
export function keptQuiet({ trouble, waitMs }: Obstacle): KpoolError {
  const { code, says, hint } = QUIET[trouble];
  return new KpoolError(code, says, { hint, retryAfterMs: waitMs });
}

/** The same failure, which says when the next call should come. */
export function withRetryAfter(error: KpoolError, retryAfterMs: number): KpoolError {
  return new KpoolError(error.code, error.message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.cause === undefined ? {} : { cause: error.cause }),
    retryAfterMs,
  });
}

/** A timestamp that stays refused although it is of the pool's clock. */
export function clockDiffers(error: KpoolError, offsetMs: number): KpoolError {
  const seconds = (Math.abs(offsetMs) / 1_000).toFixed(1);
  const measured =
    offsetMs === 0
      ? 'although its clock, as far as its answers tell, agrees with the clock of this host'
      : `although the difference of ${seconds} s between its clock and this host's was made up for ` +
        `(this host is ${offsetMs > 0 ? 'behind' : 'ahead'})`;
  return new KpoolError('pool.clock', `The pool refuses the timestamp of the request, ${measured}.`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}
