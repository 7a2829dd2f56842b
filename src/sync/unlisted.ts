import { isKpoolError, type ErrorCode } from '../core/errors';
import type { Scope } from './ports';
import type { Run } from './run';

/** What a pool may answer about a sub-account or an algorithm that it has no more, instead of nothing at all. */
const MAY_MEAN_GONE: readonly ErrorCode[] = ['pool.parameter', 'pool.not-found', 'pool.refused'];

/** Knows whether the pool lists what a scope is about. */
export interface ScopeListing {
  /** Whether the account's own lists, read again if need be, are without the scope's sub-account or algorithm. */
  isGone(scope: Scope, signal: AbortSignal): Promise<boolean>;
}

/**
 * Runs `work` over a scope. A refusal that could mean that the sub-account or the algorithm is gone is no failure when the
 * pool lists it no more, and neither is an answer without any row: what was stored stays, and the run says so.
 */
export async function syncWhileListed(
  listing: ScopeListing,
  scope: Scope,
  run: Run,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const mayBeGone = isKpoolError(error) && MAY_MEAN_GONE.includes(error.code);
    if (!mayBeGone || !(await listing.isGone(scope, run.signal))) throw error;
    run.endUnlisted();
    return;
  }
  const showsNothing = run.shortcomings.length > 0 && run.totals.rowsRead === 0;
  if (showsNothing && (await listing.isGone(scope, run.signal))) run.endUnlisted();
}
