import { backoffDelayMs, type BackoffPolicy } from '../src/core/backoff';
import { KpoolError } from '../src/core/errors';

/** The use-case has tried a few times already before it fails, so the first pause is not short. */
const BACKOFF: BackoffPolicy = { firstDelayMs: 10_000, maxDelayMs: 15 * 60_000, factor: 2 };
/** Throttled together, tried again apart. */
const SPREAD = 0.25;

/** What BullMQ understands as "not again". */
export const NO_RETRY = -1;

/** When a failed job is tried again, by the class of its failure: `attempt` 1, 2, …; `random` in [0, 1). */
export function retryDelayMs(error: unknown, attempt: number, random: number): number {
  if (!(error instanceof KpoolError)) return backoffDelayMs(BACKOFF, attempt, random);
  switch (error.retry) {
    case 'never-scope':
    case 'never-account':
    case 'usage':
      // The next plan tries again, at its own time.
      return NO_RETRY;
    case 'after':
    case 'backoff':
      return Math.max(
        Math.round((error.retryAfterMs ?? 0) * (1 + SPREAD * random)),
        backoffDelayMs(BACKOFF, attempt, random),
      );
  }
}
