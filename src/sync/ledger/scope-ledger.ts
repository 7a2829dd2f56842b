/** One scope of the ledger as stored: its state, which every write replaces. Only `LedgerSession` writes through it. */
import { assert } from '../../core/assert';
import type { IncomeRow } from '../../domain/income';
import type { CoinRead } from '../../domain/ledger/coins';
import type { CommitResult, LedgerCursorPatch, WindowCommit } from '../../domain/ledger/ledger-commit';
import type { LedgerState } from '../../domain/ledger/ledger-state';
import type { Window } from '../../domain/ledger/windows';
import { servedCount, type Served } from '../../domain/page';
import type { LedgerScope } from '../../domain/scope';
import type { LedgerStore } from '../ports/ledger-ports';
import type { Run } from '../runs/run';

type Proof = Pick<WindowCommit, 'isComplete' | 'confirmed' | 'pieces' | 'coin'>;

export class ScopeLedger {
  private current: LedgerState;
  private requestsAtLastCommit = 0;

  constructor(
    private readonly store: LedgerStore,
    private readonly scope: LedgerScope,
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
   * Stores a complete read of a window as `pieces`. Unless it is `committed`, nothing was written, and every row that
   * vanished needs a verdict in `confirmed`.
   */
  async certify(
    window: Window,
    read: Served<IncomeRow>,
    proof: Pick<Proof, 'confirmed' | 'pieces'>,
  ): Promise<CommitResult> {
    return this.commit(window, read, { ...proof, isComplete: true });
  }

  /** Stores the rows of a read that proves nothing. The window has to be read again, unless a coin was asked for by name. */
  async addRows(window: Window, read: Served<IncomeRow>, coin?: CoinRead): Promise<void> {
    const proof = { isComplete: false, confirmed: new Map() };
    const { outcome } = await this.commit(
      window,
      read,
      coin === undefined
        ? { ...proof, pieces: [{ ...window, verified: false }] }
        : { ...proof, pieces: [], coin },
    );
    assert(outcome === 'committed', 'a read that proves nothing takes no row back');
  }

  /** One transaction. */
  private async commit(window: Window, read: Served<IncomeRow>, proof: Proof): Promise<CommitResult> {
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
    return result;
  }
}
