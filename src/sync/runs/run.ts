import type { CallOptions } from '../../domain/call-options';
import type { EndedRun, RunTotals } from '../../domain/run-record';

/** The state of one run of a scope. Use-cases update it; `run-scope` records it. */
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
  /** Why the run is `partial`, in the order found; empty while it is not. */
  readonly shortcomings: string[] = [];
  /** The cursor's version before anything was read; a commit that finds another one is refused (P9). */
  cursorVersion = 0n;
  /** Another run of the scope did the work and has its own record. */
  isReused = false;
  /** The pool no longer lists the sub-account or algorithm and answers nothing about it. */
  isUnlisted = false;

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

  /** Takes over the result of another run of the scope that ended since this one began. */
  reuseResult({ outcome, reason, rows, quarantined }: EndedRun): void {
    this.isReused = true;
    this.add({ unchanged: rows, quarantined });
    if (outcome === 'partial') this.markPartial(reason ?? 'another run of the scope was partial');
  }

  /** The sub-account or algorithm is gone: what the run missed can no longer be read. */
  endUnlisted(): void {
    this.isUnlisted = true;
    this.shortcomings.length = 0;
  }

  markPartial(why: string): void {
    if (!this.shortcomings.includes(why)) this.shortcomings.push(why);
  }
}
