/** One scope of the ledger as stored: its state, which every write replaces, and the writes of a run. */
import type { CommitResult, LedgerCursorPatch, WindowCommit } from '../../domain/ledger/ledger-commit';
import type { LedgerState } from '../../domain/ledger/ledger-state';
import { servedCount } from '../../domain/page';
import type { LedgerScope } from '../../domain/scope';
import type { WindowRead } from '../../domain/ledger/window-answer';
import type { Window } from '../../domain/ledger/windows';
import type { LedgerStore } from '../ports';
import type { Run } from '../run';

/** What a commit needs confirmed: live rows that the read did not show, and the oldest of all others. */
export type UnconfirmedRead = Omit<Extract<CommitResult, { outcome: 'unconfirmed' }>, 'outcome'>;

/** What a read proves; by default nothing. */
type Proof = Partial<Pick<WindowCommit, 'isComplete' | 'confirmed' | 'pieces' | 'coin'>>;

export class ScopeLedger {
  private current: LedgerState;
  private requestsAtLastCommit = 0;

  constructor(
    private readonly store: LedgerStore,
    readonly scope: LedgerScope,
    private readonly run: Run,
    /** Start of the history to be complete. */
    private readonly historyStartMs: number,
    state: LedgerState,
  ) {
    this.current = state;
  }

  get state(): LedgerState {
    return this.current;
  }

  async reload(): Promise<void> {
    this.current = await this.store.load(this.scope);
  }

  /** Records windows that are to be read, or facts. Throws `sync.superseded`, as every write, when another went first. */
  async update(change: {
    readonly pieces?: readonly Window[];
    readonly cursor?: LedgerCursorPatch;
  }): Promise<void> {
    const { historyStartMs } = this;
    this.current = await this.store.update(this.scope, this.state, { ...change, historyStartMs });
  }

  /**
   * Stores a read in one transaction. Unless it is `committed`, nothing was written, and every row that vanished needs a
   * verdict in `confirmed`.
   */
  async commit(window: Window, read: WindowRead, proof: Proof = {}): Promise<'committed' | UnconfirmedRead> {
    const { scope, run, state, historyStartMs } = this;
    const { rows, unreadable } = read;
    const result = await this.store.commitWindow({
      scope,
      runId: run.runId,
      state,
      historyStartMs,
      window,
      rows,
      unreadable,
      requests: run.totals.requests - this.requestsAtLastCommit,
      isComplete: false,
      confirmed: new Map(),
      pieces: [{ ...window, verified: false }],
      ...proof,
    });
    if (result.outcome === 'unconfirmed') return result;
    this.current = result.state;
    this.requestsAtLastCommit = run.totals.requests;
    const { inDoubt, ...totals } = result.counts;
    run.add({ ...totals, rowsRead: servedCount(read) });
    if (totals.quarantined > 0) run.markPartial('rows that could not be parsed are in quarantine');
    if (inDoubt > unreadable.length)
      run.markPartial('more rows vanished than there are rows that could not be parsed');
    return 'committed';
  }
}
