/** One run over one scope: what is known of it, the version that it commits from, and how reads are stored. */
import type { Clock } from '../../core/clock';
import type { CoinRead } from '../../domain/coins';
import type { LedgerTiers } from '../../domain/due-windows';
import type {
  CommitResult,
  LedgerCursorPatch,
  LedgerState,
  WindowCommit,
  WindowPiece,
} from '../../domain/ledger-commit';
import { servedCount } from '../../domain/page';
import type { LedgerScope } from '../../domain/scope';
import { MAX_PAGE_SIZE, type WindowRead } from '../../domain/window-answer';
import { cutForStorage } from '../../domain/window-cuts';
import { DAY_MS, overlaps, rowsIn, type Window } from '../../domain/windows';
import type { LedgerStore } from '../ports';
import type { Run } from '../run';
import { IncomeList, type IncomePool } from './income-list';

export interface LedgerDeps {
  readonly pool: IncomePool;
  readonly store: LedgerStore;
  readonly tiers: LedgerTiers;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** How many days a list has to show no row before it counts as empty. */
const EMPTY_DAYS = 7;

/** What a commit needs confirmed: live rows that the read did not show, and the oldest of all others. */
export type UnconfirmedRead = Omit<Extract<CommitResult, { outcome: 'unconfirmed' }>, 'outcome'>;

const nameOf = ({ fromMs, toMs }: Window): string => `${fromMs} ${toMs}`;

export class LedgerSession {
  readonly list: IncomeList;
  /** The whole history that is asked for. */
  readonly whole: Window;
  /** The pool's count of the whole history before this run read it; null when there was none. */
  countedAtFirst: number | null = null;
  private requestsAtLastCommit = 0;
  /** Windows that this run could not prove, and does not try again. */
  private readonly tried = new Set<string>();
  /** Windows whose served rows were stored without proof. */
  private readonly landed = new Set<string>();

  constructor(
    readonly deps: LedgerDeps,
    readonly scope: LedgerScope,
    readonly run: Run,
    /** Someone confirmed that an empty list is really empty. */
    readonly acceptsEmpty: boolean,
    public state: LedgerState,
  ) {
    this.list = new IncomeList(deps.pool, scope, run.callOptions);
    this.whole = { fromMs: deps.tiers.historyStartMs, toMs: Infinity };
  }

  get spanLimitMs(): number {
    return this.state.spanLimitMs ?? Infinity;
  }

  /** No window of the scope has ever been read completely. */
  get isFirst(): boolean {
    return this.state.windows.every(({ verifiedAtMs }) => verifiedAtMs === null);
  }

  get isReadWhole(): boolean {
    return this.state.windows.every(({ verifiedAtMs }) => verifiedAtMs !== null);
  }

  /** Whether one answer can count all rows of the scope, to be compared with its windows. */
  get isCountable(): boolean {
    return !this.state.paged && this.state.spanLimitMs === null;
  }

  /** The rows that the pool serves, according to the windows. */
  get held(): number {
    return rowsIn(this.state.windows);
  }

  /** The total that the pool should count if the read of a window is right and everything else is unchanged. */
  expectedWith(window: Window, read: WindowRead, missing: number): number {
    const touched = this.state.windows.filter((kept) => overlaps(kept, window));
    const isWhole = touched.every(({ fromMs, toMs }) => fromMs >= window.fromMs && toMs <= window.toMs);
    return this.held - (isWhole ? rowsIn(touched) - servedCount(read) : missing);
  }

  wasTried(window: Window): boolean {
    return this.tried.has(nameOf(window));
  }

  async reload(): Promise<void> {
    this.state = await this.deps.store.load(this.scope);
  }

  /** Records windows or facts without rows. */
  async update(change: { pieces?: readonly Window[]; cursor?: LedgerCursorPatch }): Promise<void> {
    this.state = await this.deps.store.update(this.scope, this.state, {
      ...change,
      historyStartMs: this.whole.fromMs,
    });
  }

  /** Records the pool's count of the whole history; null where it gives none. */
  async noteCount(counted: number | null): Promise<void> {
    this.countedAtFirst = counted;
    if (counted !== null) await this.update({ cursor: { poolRowCount: counted } });
  }

  /** Records that the list shows no row although it held some; true once it counts as empty. */
  async noteEmpty(): Promise<boolean> {
    if (this.acceptsEmpty) return true;
    await this.update({ cursor: { showsNoRow: true } });
    const { emptySinceMs, nowMs } = this.state;
    if (nowMs - (emptySinceMs ?? nowMs) >= EMPTY_DAYS * DAY_MS) return true;
    this.run.markPartial(
      `the pool shows no row of a list that held ${this.held}: they stay as they were ` +
        '(if the list is really empty: kpool sync --accept-empty)',
    );
    return false;
  }

  /**
   * Stores a read of a window in one transaction, cut into windows that one response can hold. A read in doubt stores
   * its rows and certifies nothing. Returns null when done; otherwise nothing was written, and `confirmed` needs a
   * verdict for every row that vanished. `cuts`: further places to cut at.
   */
  async commit(
    window: Window,
    read: WindowRead,
    confirmed: WindowCommit['confirmed'] = new Map(),
    cuts: readonly number[] = [],
  ): Promise<UnconfirmedRead | null> {
    if (read.doubt === null) {
      const pieces = this.piecesOf(window, read, cuts);
      return this.write(window, read, { isComplete: true, confirmed, pieces });
    }
    await this.write(window, read);
    this.tried.add(nameOf(window));
    this.run.markPartial(read.doubt);
    return null;
  }

  /**
   * Stores the rows of a read without proof, once per run, and leaves the window to be read again. False: done before.
   */
  async land(window: Window, read: WindowRead): Promise<boolean> {
    if (this.landed.has(nameOf(window))) return false;
    this.landed.add(nameOf(window));
    await this.write(window, read);
    return true;
  }

  /** The list as the pool shows it when asked for one coin by name. */
  listOf(coin: string): IncomeList {
    return new IncomeList(this.deps.pool, this.scope, this.run.callOptions, coin);
  }

  /** Stores the rows of a hidden coin. */
  async landCoin(window: Window, read: WindowRead, coin: CoinRead): Promise<void> {
    await this.write(window, read, { coin, pieces: [] });
  }

  private piecesOf(window: Window, read: WindowRead, cuts: readonly number[]): WindowPiece[] {
    const recentFromMs = this.list.now() - this.deps.tiers.recentDays * DAY_MS;
    const storing = { capacity: MAX_PAGE_SIZE, recentFromMs, isPaged: this.state.paged, cuts };
    return cutForStorage(window, read, storing).map((part) => ({ ...part, verified: true }));
  }

  /** Stores the rows of a read; unless told otherwise, they prove nothing. */
  private async write(
    window: Window,
    read: WindowRead,
    proof: Partial<Pick<WindowCommit, 'isComplete' | 'confirmed' | 'pieces' | 'coin'>> = {},
  ): Promise<UnconfirmedRead | null> {
    const { rows, unreadable } = read;
    const result = await this.deps.store.commitWindow({
      ...{ scope: this.scope, runId: this.run.runId, state: this.state, historyStartMs: this.whole.fromMs },
      ...{ window, rows, unreadable, requests: this.run.totals.requests - this.requestsAtLastCommit },
      ...{ isComplete: false, confirmed: new Map(), pieces: [{ ...window, verified: false }], ...proof },
    });
    if (result.outcome === 'unconfirmed') return result;
    this.requestsAtLastCommit = this.run.totals.requests;
    const { inDoubt, ...totals } = result.counts;
    this.run.add({ ...totals, rowsRead: servedCount(read) });
    if (totals.quarantined > 0) this.run.markPartial('rows that could not be understood are in quarantine');
    if (inDoubt > unreadable.length)
      this.run.markPartial('more rows vanished than there are rows that could not be understood');
    this.state = result.state;
    return null;
  }
}
