import { isKpoolError, KpoolError } from '../../core/errors';
import type { RunOutcome, RunTotals } from '../../domain/run-record';
import type { Scope } from '../../domain/scope';
import type { RunStore } from '../ports/run-ports';
import { Run } from './run';

export interface RunResult {
  readonly runId: bigint;
  readonly scope: Scope;
  readonly outcome: RunOutcome;
  readonly totals: Readonly<RunTotals>;
  /** Why it did not succeed, that there was nothing to ask, or that the scope is unlisted; otherwise null. */
  readonly reason: string | null;
  /** The pool no longer lists the scope's sub-account or algorithm and answers nothing about it. */
  readonly isUnlisted: boolean;
  /** The failure; null unless `failed` or `aborted`. */
  readonly error: KpoolError | null;
}

export interface RunOptions {
  readonly trigger: string;
  /** Priority of the run's requests; 1 is served first. */
  readonly priority: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (totals: Readonly<RunTotals>) => void;
  /** Called every second while this run waits for another run of the scope. */
  readonly onWait?: () => void;
}

const UNLISTED_NOTE =
  'The pool no longer lists this sub-account or algorithm, and answers nothing about it: what was stored stays.';

const NOTHING_TO_ASK = 'There was nothing to ask the pool.';

/** A run that sent no request is no success (P11), unless it reused the result of one that did. */
function decideOutcome(
  { shortcomings, totals, isReused, isUnlisted }: Run,
  error: KpoolError | null,
): RunOutcome {
  if (error !== null) return isKpoolError(error, 'aborted') ? 'aborted' : 'failed';
  if (shortcomings.length > 0) return 'partial';
  return totals.requests === 0 && !isReused && !isUnlisted ? 'skipped' : 'succeeded';
}

/** The code and the sentence that are recorded with an outcome; nulls if there is nothing to explain. */
function explainOutcome(
  { shortcomings, isUnlisted }: Run,
  outcome: RunOutcome,
  error: KpoolError | null,
): { readonly errorCode: string | null; readonly reason: string | null } {
  if (error !== null) return { errorCode: error.code, reason: error.message };
  if (isUnlisted) return { errorCode: 'unlisted', reason: UNLISTED_NOTE };
  if (outcome === 'partial') return { errorCode: 'partial', reason: shortcomings.join('; ') };
  return { errorCode: null, reason: outcome === 'skipped' ? NOTHING_TO_ASK : null };
}

function toKpoolError(error: unknown): KpoolError {
  if (error instanceof KpoolError) return error;
  return new KpoolError('broken-promise', 'The program failed in an unexpected way.', {
    cause: error,
  });
}

/**
 * Runs a use-case over a scope and records the outcome (`sync.runs`). A failure of the use-case is in the result, so
 * that one scope does not stop the others (P8). Throws when the record cannot be written.
 */
export async function runScope(
  runs: RunStore,
  scope: Scope,
  options: RunOptions,
  work: (run: Run) => Promise<void>,
): Promise<RunResult> {
  const runId = await runs.start(scope, options.trigger);
  const run = new Run(runId, options.priority, options.signal, options.onProgress);
  const error = await work(run).then(
    () => null,
    (reason: unknown) => toKpoolError(reason),
  );
  const { totals, isReused, isUnlisted } = run;
  const outcome = decideOutcome(run, error);
  const { errorCode, reason } = explainOutcome(run, outcome, error);
  await runs.finish(runId, { outcome, totals, errorCode, errorMessage: reason, isReused, isUnlisted });
  return { runId, scope, outcome, totals, reason, isUnlisted, error };
}
