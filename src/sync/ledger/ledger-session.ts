import type { Clock } from '../../core/clock';
import { KpoolError } from '../../core/errors';
import { chooseNewestCut, DAY_MS, isSameWindow, type StoredWindow, type Window } from '../../domain/windows';
import type {
  CommitResult,
  LedgerCursorPatch,
  LedgerScope,
  LedgerState,
  LedgerStore,
  Pool,
  WindowCommit,
  WindowPiece,
} from '../ports';
import type { Run } from '../run';
import { MAX_PAGE_SIZE } from './slice';
import { WindowReader, type ReadRows, type ServingFacts, type WindowRead } from './window-reader';

/** Complete reads of one window that may disagree on what vanished before the run gives up, as `partial`. */
const MAX_CONFIRMATIONS = 4;

export interface LedgerTiers {
  /** Oldest instant of interest: 00:00 UTC of `HISTORY_START`. */
  readonly historyStartMs: number;
  /** Days that the daily tier reads again. */
  readonly recentDays: number;
  readonly recentEveryMs: number;
  readonly fullEveryMs: number;
  /** Currencies (`COINS`) to look for behind `coinName`. */
  readonly coins: readonly string[];
}

export interface LedgerDeps {
  readonly pool: Pick<Pool, 'now' | 'queryEarnings' | 'queryRewards'>;
  readonly store: LedgerStore;
  readonly tiers: LedgerTiers;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** One run over one scope: the version it may commit from, and how a read becomes a commit. */
export class LedgerSession {
  readonly reader: WindowReader;
  private version: bigint;
  private requestsAtLastCommit = 0;
  /** Windows whose answers contradicted themselves in this run: once is enough. */
  private readonly tried = new Set<string>();

  constructor(
    readonly deps: LedgerDeps,
    readonly scope: LedgerScope,
    readonly run: Run,
    private state: LedgerState,
  ) {
    this.version = state.version;
    this.reader = new WindowReader({ pool: deps.pool, scope, callOptions: run.callOptions });
  }

  get windows(): readonly StoredWindow[] {
    return this.state.windows;
  }

  get facts(): Omit<LedgerState, 'windows' | 'version'> {
    return this.state;
  }

  /** Grows with every commit to the scope, whoever makes it. */
  get versionRead(): bigint {
    return this.version;
  }

  get capacity(): number {
    return this.state.pageSizeCap ?? MAX_PAGE_SIZE;
  }

  private get servingFacts(): ServingFacts {
    const { hiddenCoins, boundsIgnored } = this.state;
    return { fullPage: this.capacity, hiddenCoins, boundsIgnored };
  }

  wasTried(window: Window): boolean {
    return this.tried.has(`${window.fromMs} ${window.toMs}`);
  }

  async reload(): Promise<void> {
    this.state = await this.deps.store.load(this.scope);
    this.version = this.state.version;
  }

  /** Reloads after a commit of ours. What was read before another's commit must not be committed after it (P9). */
  private async reloadAfter(version: bigint): Promise<void> {
    await this.reload();
    if (this.version !== version) {
      throw new KpoolError('sync.superseded', 'Another process goes on with this scope.');
    }
  }

  /** `fullPage`: so many rows may be all that a page holds; what is known of the server unless said. */
  async read(window: Window, fullPage = this.capacity): Promise<WindowRead> {
    return this.reader.read(window, { ...this.servingFacts, fullPage });
  }

  /** A window in parts whose span the server is known to accept, newest first. */
  fit(window: Window): [newest: Window, ...older: Window[]] {
    return this.reader.spanLimit.fit(window, this.deps.pool.now());
  }

  /** Pages through everything: for a server that ignores the bounds. */
  async walk(window: Window): Promise<WindowRead> {
    return this.reader.walk(window, this.servingFacts);
  }

  /** Whether a window is still one of those that are kept, and was not verified since. */
  isStill(window: StoredWindow): boolean {
    return this.windows.some(
      (kept) => isSameWindow(kept, window) && kept.verifiedAtMs === window.verifiedAtMs,
    );
  }

  /** Records windows or facts without rows. */
  async update(change: { pieces?: readonly WindowPiece[]; cursor?: LedgerCursorPatch }): Promise<void> {
    const version = await this.deps.store.updateCursor(this.scope, this.version, {
      ...change,
      historyStartMs: this.deps.tiers.historyStartMs,
    });
    await this.reloadAfter(version);
  }

  /**
   * Commits what was read of a window, after a second complete read agreed on every row that vanished. A read
   * that is not complete lands its rows, certifies nothing and makes the run partial. `readAgain` repeats the read.
   */
  async commit(
    window: Window,
    first: ReadRows,
    options: { readAgain: () => Promise<WindowRead>; cursor?: LedgerCursorPatch },
  ): Promise<void> {
    let read = first;
    let confirmedMissing: ReadonlySet<string> = new Set();
    for (let confirmation = 1; confirmation <= MAX_CONFIRMATIONS; confirmation += 1) {
      const result = await this.deps.store.commitWindow(
        this.commitOf(window, read, confirmedMissing, options.cursor),
      );
      if (result.outcome === 'committed') {
        await this.recordCommit(window, result, read);
        return;
      }
      confirmedMissing = result.missing;
      const again = await options.readAgain();
      if (again.kind !== 'complete') break;
      read = again;
    }
    const why = 'two complete reads do not agree on the rows that vanished';
    await this.commitUncertified(window, { ...read, kind: 'inconsistent', why }, options.cursor);
  }

  private async commitUncertified(window: Window, read: ReadRows, cursor?: LedgerCursorPatch): Promise<void> {
    const result = await this.deps.store.commitWindow(this.commitOf(window, read, new Set(), cursor));
    if (result.outcome !== 'committed') {
      throw new KpoolError('broken-promise', 'An uncertified commit asked for confirmation.');
    }
    await this.recordCommit(window, result, read);
  }

  private commitOf(
    window: Window,
    read: ReadRows,
    confirmedMissing: ReadonlySet<string>,
    cursor: LedgerCursorPatch | undefined,
  ): WindowCommit {
    const isComplete = read.kind === 'complete';
    const requests = this.run.totals.requests - this.requestsAtLastCommit;
    return {
      scope: this.scope,
      runId: this.run.runId,
      expectedVersion: this.version,
      historyStartMs: this.deps.tiers.historyStartMs,
      window,
      rows: read.rows,
      unreadable: read.unreadable,
      totalNum: read.totalNum,
      requests,
      isComplete,
      confirmedMissing,
      pieces: this.piecesOf(window, read),
      ...(cursor === undefined ? {} : { cursor }),
    };
  }

  /** The newest window is closed as it fills, from the same response: no request is spent on it. */
  private piecesOf(window: Window, read: ReadRows): WindowPiece[] {
    if (read.kind !== 'complete') return [{ ...window, verified: false }];
    const cut =
      window.toMs === Infinity && read.unreadable.length === 0 && !this.state.boundsIgnored
        ? chooseNewestCut(
            window,
            read.rows.map((row) => row.minedAtMs),
            {
              capacity: this.capacity,
              recentFromMs: this.deps.pool.now() - this.deps.tiers.recentDays * DAY_MS,
            },
          )
        : null;
    if (cut === null) return [{ ...window, verified: true }];
    return [
      { fromMs: cut, toMs: window.toMs, verified: true },
      { fromMs: window.fromMs, toMs: cut, verified: true },
    ];
  }

  private async recordCommit(
    window: Window,
    { version, counts }: Extract<CommitResult, { outcome: 'committed' }>,
    read: ReadRows,
  ): Promise<void> {
    this.requestsAtLastCommit = this.run.totals.requests;
    const { heldBack, ...totals } = counts;
    this.run.add({ ...totals, rowsRead: read.rows.length + read.unreadable.length });
    if (read.kind === 'inconsistent') this.tried.add(`${window.fromMs} ${window.toMs}`);
    if (read.why !== null) this.run.fallShort(read.why);
    if (counts.quarantined > 0) this.run.fallShort('rows that could not be understood are in quarantine');
    if (heldBack > read.unreadable.length) {
      this.run.fallShort('more rows vanished than there are rows that could not be understood');
    }
    await this.reloadAfter(version);
  }
}
