import { isKpoolError, type ErrorCode } from '../../core/errors';
import type { Scope } from '../../domain/scope';
import type { Run } from './run';

/** What the pool may answer about a sub-account or algorithm that it no longer has. */
const MAY_MEAN_GONE: readonly ErrorCode[] = ['pool.parameter', 'pool.not-found', 'pool.refused'];

/** Tells whether the pool still lists a scope's sub-account and algorithm. */
export interface ScopeListing {
  /** Whether the account's lists, read again if necessary, lack the scope's sub-account or algorithm. */
  isGone(scope: Scope, signal: AbortSignal): Promise<boolean>;
}

/**
 * Runs `work` over a scope. When the pool no longer lists the sub-account or algorithm, neither a refusal nor an answer
 * without rows is a failure: stored data stays, and the run ends as unlisted.
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
