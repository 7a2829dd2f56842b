// How far kpool sync is with one stream.
import type { PlannedScope } from '../../domain/planning/due-scopes';
import type { RunTotals } from '../../domain/run-record';
import type { Stream } from '../../domain/streams';
import type { RunResult } from '../../sync/runs/run-scope';

export interface StreamProgress {
  readonly account: string;
  readonly stream: Stream;
  readonly scopesDone: number;
  readonly scopes: number;
  readonly rowsRead: number;
  readonly requests: number;
  /** Scopes that another process is syncing and whose result is awaited. */
  readonly waiting: number;
}

/** Sums up the runs of one stream of one account, and reports the sum after every change. */
export class StreamProgressCount {
  readonly results: RunResult[] = [];
  private readonly inFlight = new Map<PlannedScope, Readonly<RunTotals>>();
  private readonly waiting = new Set<PlannedScope>();

  constructor(
    private readonly of: Pick<StreamProgress, 'account' | 'stream' | 'scopes'>,
    private readonly onProgress: (progress: StreamProgress) => void,
  ) {
    this.report();
  }

  advance(scope: PlannedScope, totals: Readonly<RunTotals>): void {
    this.waiting.delete(scope);
    this.inFlight.set(scope, totals);
    this.report();
  }

  wait(scope: PlannedScope): void {
    this.waiting.add(scope);
    this.report();
  }

  end(scope: PlannedScope, result: RunResult): void {
    this.waiting.delete(scope);
    this.inFlight.delete(scope);
    this.results.push(result);
    this.report();
  }

  private report(): void {
    const totals = [...this.results.map((result) => result.totals), ...this.inFlight.values()];
    this.onProgress({
      ...this.of,
      scopesDone: this.results.length,
      rowsRead: totals.reduce((sum, { rowsRead }) => sum + rowsRead, 0),
      requests: totals.reduce((sum, { requests }) => sum + requests, 0),
      waiting: this.waiting.size,
    });
  }
}
