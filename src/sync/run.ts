import type { CallOptions, RunTotals } from './ports';

/** What one run of a scope has done so far. Use-cases count into it; `run-scope` records it. */
export class Run {
  readonly totals: RunTotals = {
    requests: 0,
    rowsRead: 0,
    inserted: 0,
    changed: 0,
    unchanged: 0,
    withdrawn: 0,
    quarantined: 0,
  };
  /** Why the run is `partial`, in the order found; empty while all is well. */
  readonly shortcomings: string[] = [];

  constructor(
    readonly runId: bigint,
    private readonly priority: number,
    readonly signal: AbortSignal,
    private readonly onProgress: (totals: Readonly<RunTotals>) => void = () => undefined,
  ) {}

  get callOptions(): CallOptions {
    return { priority: this.priority, signal: this.signal, onDispatch: () => this.add({ requests: 1 }) };
  }

  add(counts: Partial<RunTotals>): void {
    for (const key of Object.keys(counts) as (keyof RunTotals)[]) this.totals[key] += counts[key] ?? 0;
    this.onProgress(this.totals);
  }

  fallShort(why: string): void {
    if (!this.shortcomings.includes(why)) this.shortcomings.push(why);
  }
}
