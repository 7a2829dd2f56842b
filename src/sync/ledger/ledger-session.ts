/** One run over one scope: the pool's list, the stored ledger, and what the run decided about single windows. */
import type { Clock } from '../../core/clock';
import { DAY_MS } from '../../core/day';
import type { CoinRead } from '../../domain/ledger/coins';
import { cutForStorage } from '../../domain/ledger/cut-for-storage';
import type { CommitResult, WindowCommit } from '../../domain/ledger/ledger-commit';
import type { LedgerState } from '../../domain/ledger/ledger-state';
import type { WindowRead } from '../../domain/ledger/window-answer';
import { countRowsIn, type Window } from '../../domain/ledger/windows';
import { MAX_PAGE_SIZE } from '../../domain/page';
import type { LedgerTiers } from '../../domain/planning/due-windows';
import type { LedgerScope } from '../../domain/scope';
import type { LedgerStore } from '../ports/ledger-ports';
import type { Run } from '../runs/run';
import { IncomeList, type IncomeSource } from './income-list';
import { ScopeLedger } from './scope-ledger';

export interface LedgerDeps extends IncomeSource {
  readonly store: LedgerStore;
  readonly tiers: LedgerTiers;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** How many days a list has to show no row before it counts as empty. */
const EMPTY_DAYS = 7;

const keyOf = ({ fromMs, toMs }: Window): string => `${fromMs} ${toMs}`;

export class LedgerSession {
  readonly list: IncomeList;
  /** All of the history that is asked for. */
  readonly history: Window;
  private readonly ledger: ScopeLedger;
  /** The pool's count of the history before this run read it; null when there was none. */
  private counted: number | null = null;
  private readonly inDoubt = new Set<string>();
  /** Windows whose rows were stored without proof, to be read again once. */
  private readonly deferred = new Set<string>();

  constructor(
    readonly deps: LedgerDeps,
    private readonly scope: LedgerScope,
    readonly run: Run,
    /** Someone confirmed that a list without rows is really empty. */
    readonly acceptsEmpty: boolean,
    state: LedgerState,
  ) {
    const { historyStartMs } = deps.tiers;
    this.list = this.listOf(null);
    this.ledger = new ScopeLedger(deps.store, scope, run, historyStartMs, state);
    this.history = { fromMs: historyStartMs, toMs: Infinity };
  }

  get state(): LedgerState {
    return this.ledger.state;
  }

  get spanLimitMs(): number {
    return this.state.spanLimitMs ?? Infinity;
  }

  get countedAtFirst(): number | null {
    return this.counted;
  }

  /** Whether a list that shows no row is believed: someone confirmed it, or it has shown none for `EMPTY_DAYS`. */
  get countsAsEmpty(): boolean {
    const { emptySinceMs, nowMs } = this.state;
    return this.acceptsEmpty || (emptySinceMs !== null && nowMs - emptySinceMs >= EMPTY_DAYS * DAY_MS);
  }

  /** The list as the pool shows it when asked for one coin by name; null: for no coin in particular. */
  listOf(coin: string | null): IncomeList {
    return new IncomeList(this.deps, this.scope, this.run.callOptions, coin);
  }

  /** Loads what another writer may have changed. */
  async reload(): Promise<void> {
    await this.ledger.reload();
  }

  isInDoubt(window: Window): boolean {
    return this.inDoubt.has(keyOf(window));
  }

  /** The window is not proven: it makes the run partial, and is not read again in it. */
  leaveInDoubt(window: Window, why: string): void {
    this.inDoubt.add(keyOf(window));
    this.run.markPartial(why);
  }

  /** Records windows that are still to be read, or to be read again. */
  async markUnread(windows: readonly Window[]): Promise<void> {
    await this.ledger.update({ pieces: windows });
  }

  /** Records the longest span that the pool answers in full, ms. */
  async setSpanLimit(spanLimitMs: number): Promise<void> {
    await this.ledger.update({ cursor: { spanLimitMs } });
  }

  /** Records whether the scope is paged. */
  async setPaged(paged: boolean): Promise<void> {
    await this.ledger.update({ cursor: { paged } });
  }

  async noteDeepCheck(): Promise<void> {
    await this.ledger.update({ cursor: { deepChecked: true } });
  }

  /** Records the pool's count of the history; null where it gives none. */
  async noteCount(counted: number | null): Promise<void> {
    this.counted = counted;
    if (counted !== null) await this.ledger.update({ cursor: { poolRowCount: counted } });
  }

  /** The first count no longer describes the list, so the count check has to ask for another one. */
  forgetFirstCount(): void {
    this.counted = null;
  }

  /** Records that the list shows no row although it held some, which makes the run partial until it counts as empty. */
  async noteEmpty(): Promise<void> {
    if (this.acceptsEmpty) return;
    await this.ledger.update({ cursor: { showsNoRow: true } });
    if (this.countsAsEmpty) return;
    this.leaveInDoubt(
      this.history,
      `the pool shows no row of a list that held ${countRowsIn(this.state.windows)}: they stay as they were ` +
        '(if the list is really empty: kpool sync --accept-empty)',
    );
  }

  /**
   * Stores a read of a window without a doubt, cut into windows that one response can hold. Unless it is `committed`,
   * nothing was written, and `confirmed` needs a verdict for every row that vanished. `cuts`: further instants to cut
   * at.
   */
  async commit(
    window: Window,
    read: WindowRead,
    confirmed: WindowCommit['confirmed'] = new Map(),
    cuts: readonly number[] = [],
  ): Promise<CommitResult> {
    const recentFromMs = this.list.now() - this.deps.tiers.recentDays * DAY_MS;
    const storing = { capacity: MAX_PAGE_SIZE, recentFromMs, isPaged: this.state.paged, cuts };
    const pieces = cutForStorage(window, read, storing).map((part) => ({ ...part, verified: true }));
    return this.ledger.certify(window, read, { confirmed, pieces });
  }

  /** Stores the rows of a read that does not prove its window. */
  async storeInDoubt(window: Window, read: WindowRead, doubt: string): Promise<void> {
    this.leaveInDoubt(window, doubt);
    await this.ledger.addRows(window, read);
  }

  /** Stores the rows of a read without proof, and leaves the window to be read again; false the second time. */
  async defer(window: Window, read: WindowRead): Promise<boolean> {
    if (this.deferred.has(keyOf(window))) return false;
    this.deferred.add(keyOf(window));
    await this.ledger.addRows(window, read);
    return true;
  }

  /** Stores the rows of a hidden coin, which prove no window: a doubt only makes the run partial. */
  async commitCoin(window: Window, read: WindowRead, coin: CoinRead): Promise<void> {
    if (read.doubt !== null) this.run.markPartial(`${coin.currency}: ${read.doubt}`);
    await this.ledger.addRows(window, read, coin);
  }
}
