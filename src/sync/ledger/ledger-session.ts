/** One run over one scope: the pool's list, the stored ledger, and what the run decided about single windows. */
import type { Clock } from '../../core/clock';
import { DAY_MS } from '../../core/day';
import type { CoinRead } from '../../domain/ledger/coins';
import type { LedgerTiers } from '../../domain/planning/due-windows';
import type { WindowCommit } from '../../domain/ledger/ledger-commit';
import type { LedgerState } from '../../domain/ledger/ledger-state';
import type { LedgerScope } from '../../domain/scope';
import { MAX_PAGE_SIZE, type WindowRead } from '../../domain/ledger/window-answer';
import { cutForStorage } from '../../domain/ledger/window-cuts';
import { rowsIn, type Window } from '../../domain/ledger/windows';
import type { LedgerStore } from '../ports';
import type { Run } from '../run';
import { IncomeList, type IncomeSource } from './income-list';
import { ScopeLedger, type UnconfirmedRead } from './scope-ledger';

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
  /** The pool's count of the history before this run read it; null when there was none. */
  countedAtFirst: number | null = null;
  private readonly ledger: ScopeLedger;
  /** Windows that this run could not prove, and does not try again. */
  private readonly inDoubt = new Set<string>();
  /** Windows whose rows were stored without proof, to be read again once. */
  private readonly deferred = new Set<string>();

  constructor(
    readonly deps: LedgerDeps,
    readonly scope: LedgerScope,
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

  /** Loads what another writer may have changed. */
  async reload(): Promise<void> {
    await this.ledger.reload();
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

  /** The list as the pool shows it when asked for one coin by name; null: for no coin in particular. */
  listOf(coin: string | null): IncomeList {
    return new IncomeList(this.deps, this.scope, this.run.callOptions, coin);
  }

  isInDoubt(window: Window): boolean {
    return this.inDoubt.has(keyOf(window));
  }

  /** Records the pool's count of the history; null where it gives none. */
  async noteCount(counted: number | null): Promise<void> {
    this.countedAtFirst = counted;
    if (counted !== null) await this.ledger.update({ cursor: { poolRowCount: counted } });
  }

  /** The first count no longer describes the list, so the count check has to ask for another one. */
  forgetFirstCount(): void {
    this.countedAtFirst = null;
  }

  /** Records that the list shows no row although it held some; true once it counts as empty. */
  async noteEmpty(): Promise<boolean> {
    if (this.acceptsEmpty) return true;
    await this.ledger.update({ cursor: { showsNoRow: true } });
    const { windows, emptySinceMs, nowMs } = this.state;
    if (nowMs - (emptySinceMs ?? nowMs) >= EMPTY_DAYS * DAY_MS) return true;
    this.run.markPartial(
      `the pool shows no row of a list that held ${rowsIn(windows)}: they stay as they were ` +
        '(if the list is really empty: kpool sync --accept-empty)',
    );
    return false;
  }

  /**
   * Stores a read of a window, cut into windows that one response can hold. A read in doubt stores its rows and
   * certifies nothing. Unless it is `committed`, nothing was written, and `confirmed` needs a verdict for every row that
   * vanished. `cuts`: further instants to cut at.
   */
  async commit(
    window: Window,
    read: WindowRead,
    confirmed: WindowCommit['confirmed'] = new Map(),
    cuts: readonly number[] = [],
  ): Promise<'committed' | UnconfirmedRead> {
    if (read.doubt !== null) {
      this.inDoubt.add(keyOf(window));
      this.run.markPartial(read.doubt);
      return this.ledger.commit(window, read);
    }
    const recentFromMs = this.list.now() - this.deps.tiers.recentDays * DAY_MS;
    const storing = { capacity: MAX_PAGE_SIZE, recentFromMs, isPaged: this.state.paged, cuts };
    const pieces = cutForStorage(window, read, storing).map((part) => ({ ...part, verified: true }));
    return this.ledger.commit(window, read, { isComplete: true, confirmed, pieces });
  }

  /** Stores the rows of a read without proof, and leaves the window to be read again; false the second time. */
  async defer(window: Window, read: WindowRead): Promise<boolean> {
    if (this.deferred.has(keyOf(window))) return false;
    this.deferred.add(keyOf(window));
    await this.ledger.commit(window, read);
    return true;
  }

  /** Stores the rows of a hidden coin, which prove no window. */
  async commitCoin(window: Window, read: WindowRead, coin: CoinRead): Promise<void> {
    await this.ledger.commit(window, read, { coin, pieces: [] });
  }
}
