// What log and metrics say about a finished run.
import type { Logger } from '../core/log';
import type { Metrics } from '../observability/metrics';
import type { RunResult } from '../sync/runs/run-scope';

interface RunReportDeps {
  readonly logger: Pick<Logger, 'info' | 'routine' | 'warn'>;
  readonly metrics: Pick<Metrics, 'runFinished' | 'rowsWritten'>;
}

/** Logs and counts how a run ended. */
export function reportRun(
  { logger, metrics }: RunReportDeps,
  account: { readonly name: string },
  { scope, outcome, totals, reason, isUnlisted, error }: RunResult,
  durationMs: number,
): void {
  const { stream, puid, algo } = scope;
  metrics.runFinished(account.name, stream, isUnlisted ? 'unlisted' : outcome, durationMs / 1_000);
  for (const change of ['inserted', 'changed', 'unchanged', 'withdrawn', 'quarantined'] as const) {
    metrics.rowsWritten(account.name, stream, change, totals[change]);
  }
  const fields = { account: account.name, stream, puid, algo, ...totals, durationMs: Math.round(durationMs) };
  if (isUnlisted || outcome === 'skipped') logger.routine(reason ?? '', fields);
  else if (outcome === 'succeeded') logger.routine('Synced.', fields);
  else if (outcome === 'aborted') logger.info(`Sync aborted: ${reason ?? ''}`, fields);
  else logger.warn(`Sync ${outcome}: ${reason ?? ''}`, fields, error ?? undefined);
}
