import type { RunFacts } from '../../report/wellness/facts';
import { judge, type Wellness } from '../../report/wellness/judge';
import type { RunResult } from '../../sync/runs/run-scope';
import type { StreamProgress } from '../../use-cases/manual-sync/stream-progress';
import type { StreamSummary } from '../../use-cases/manual-sync/sync-stream';
import type { Output } from './output';
import type { ProgressReporter } from './progress-reporter';
import { numeric } from './table';

/** Scopes listed; the rest are counted. */
const MAX_SHOWN_REMARKS = 10;

/** How many accounts are synced, and how many streams of each. */
export interface SyncTasks {
  readonly accounts: number;
  readonly streams: number;
}

/** Reports the progress of each stream, and of all together. */
export function showProgress(
  progress: Pick<ProgressReporter, 'update'>,
  { accounts, streams }: SyncTasks,
): (state: StreamProgress) => void {
  const states = new Map<string, StreamProgress>();
  return (state) => {
    const { account, stream, scopesDone, scopes, rowsRead, waiting } = state;
    const name = accounts === 1 ? stream : `${account} ${stream}`;
    states.set(name, state);
    const all = [...states.values()];
    progress.update('total', {
      // A half-done stream counts as half.
      done: all.reduce((sum, each) => sum + (each.scopes === 0 ? 1 : each.scopesDone / each.scopes), 0),
      total: Math.max(accounts * streams, all.length),
      unit: 'streams',
      rows: all.reduce((sum, each) => sum + each.rowsRead, 0),
      isTotal: true,
    });
    progress.update(name, {
      done: scopesDone,
      total: scopes,
      rows: rowsRead,
      ...(waiting > 0 ? { note: 'waiting for another process' } : {}),
    });
  };
}

/** The outcome of these syncs only, regardless of the rest of the database. */
export function wellnessOf(summaries: readonly StreamSummary[]): Wellness {
  return judge({ runs: summaries.map(runFactsOf) });
}

function runFactsOf({ account, stream, results, left }: StreamSummary): RunFacts {
  const count = (...outcomes: readonly RunResult['outcome'][]): number =>
    results.filter(({ outcome }) => outcomes.includes(outcome)).length;
  return {
    account,
    stream,
    scopes: results.length + left,
    failed: count('failed'),
    partial: count('partial'),
    unfinished: results.length - count('succeeded', 'skipped', 'partial', 'failed') + left,
    reason: results.find((result) => !hasSucceeded(result))?.reason ?? null,
  };
}

function sumCounts(results: readonly RunResult[], count: keyof RunResult['totals']): number {
  return results.reduce((sum, { totals }) => sum + totals[count], 0);
}

const COUNTS = ['requests', 'inserted', 'changed', 'withdrawn', 'unchanged', 'quarantined'] as const;

function hasSucceeded({ outcome }: RunResult): boolean {
  return outcome === 'succeeded' || outcome === 'skipped';
}

function describeOutcome({ outcome, isUnlisted }: RunResult): string {
  if (isUnlisted) return 'no longer listed';
  return outcome === 'skipped' ? 'nothing to ask' : outcome;
}

function summarizeOutcomes({ results, left }: Pick<StreamSummary, 'results' | 'left'>): string {
  if (results.length === 0) return left > 0 ? 'not started' : 'nothing due';
  const words = results.map(describeOutcome).filter((word) => word !== 'succeeded');
  if (words.length === 0) return 'succeeded';
  return [...new Set(words)]
    .map((word) => `${words.filter((each) => each === word).length} ${word}`)
    .join(', ');
}

/** The result per stream, for `--json`. */
export function toSummaryJson(summaries: readonly StreamSummary[]) {
  return summaries.map(({ account, stream, results, left }) => ({
    account,
    stream,
    scopes: results.length,
    unlisted: results.filter(({ isUnlisted }) => isUnlisted).length,
    outcome: summarizeOutcomes({ results, left }),
    ...Object.fromEntries(COUNTS.map((count) => [count, sumCounts(results, count)])),
    failures: results
      .filter((result) => !hasSucceeded(result))
      .map(({ scope, outcome, reason, error }) => ({
        puid: scope.puid === null ? null : String(scope.puid),
        algo: scope.algo,
        outcome,
        code: error?.code ?? null,
        reason,
      })),
  }));
}

/** The result per stream, and why scopes failed. */
export function formatSummaries(output: Output, summaries: readonly StreamSummary[]): string {
  const table = output.table(
    [
      'account',
      'stream',
      numeric('scopes'),
      ...COUNTS.map((count) => numeric(count === 'unchanged' ? 'verified' : count)),
      'outcome',
    ],
    summaries.map(({ account, stream, results, left }) => [
      account,
      stream,
      String(results.length),
      ...COUNTS.map((count) => String(sumCounts(results, count))),
      summarizeOutcomes({ results, left }),
    ]),
  );
  const remarks = summaries.flatMap(({ account, results }) =>
    results
      .filter((result) => !hasSucceeded(result) || result.isUnlisted)
      .map((result) => {
        const { scope, reason, error } = result;
        const where = [account, scope.stream, scope.puid, scope.algo]
          .filter((part) => part !== null)
          .join(' / ');
        const hint = error?.hint === undefined ? '' : ` ${error.hint}`;
        return `${where}: ${describeOutcome(result)}. ${reason ?? ''}${hint}`;
      }),
  );
  const shown = remarks.slice(0, MAX_SHOWN_REMARKS);
  const more = remarks.length - shown.length;
  return [table, ...shown, ...(more > 0 ? [`… and ${more} more; kpool status shows them.`] : [])].join('\n');
}
