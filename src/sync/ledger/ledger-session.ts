import { KpoolError } from '../../core/errors';
import type { IncomeRow } from '../../domain/income';
import { ledgerKeyOf, type LedgerRow } from '../../domain/ledger-matching';
import { chooseNewestCut, DAY_MS, isSameWindow, type StoredWindow, type Window } from '../../domain/windows';
import type {
  CommitResult,
  LedgerCursorPatch,
  LedgerScope,
  LedgerState,
  WindowCommit,
  WindowPiece,
} from '../ports';
import type { Run } from '../run';
import { edgeOfForgotten, edgeOfRestored } from './forgotten';
import type { LedgerDeps, LedgerView } from './ledger-view';
import type { SecondLook } from './second-look';
import { Listing } from './listing';
import { MAX_PAGE_SIZE } from './slice';
import { WindowReader, type ReadRows, type ServingFacts, type WindowRead } from './window-reader';

/** Reads of one window that may disagree on what vanished before the run gives up, as `partial`. */
const MAX_CONFIRMATIONS = 4;

interface CommitOptions {
  /** Looks a second time at rows that a read did not serve. */
  readonly lookAgain: (read: ReadRows, missing: readonly LedgerRow[]) => Promise<SecondLook>;
  /** Repeats the read. */
  readonly readAgain: () => Promise<WindowRead>;
  readonly cursor?: LedgerCursorPatch;
}

export type CommitOutcome =
  | { readonly kind: 'committed' }
  /** This row is served when it is asked for by itself: the read was of a part. */
  | { readonly kind: 'clipped'; readonly row: IncomeRow }
  /** Windows lack rows at their edges. */
  | { readonly kind: 'blind' }
  | Extract<WindowRead, { kind: 'overflow' | 'unbounded' }>;

/** One run over one scope: the version it may commit from, and how a read becomes a commit. */
export class LedgerSession implements LedgerView {
  readonly reader: WindowReader;
  /** Rows of the whole history as this run saw them counted when it began to read them; null when it did not. */
  countedAtFirst: number | null = null;
  /** What this run saw last when it paged everything, in sweeps that agreed. */
  walked: ReadRows | null = null;
  private version: bigint;
  private requestsAtLastCommit = 0;
  /** From when on the pool serves the scope, as the window in hand tells. */
  private servedFromMs: number | null = null;
  /** Windows whose answers contradicted themselves in this run: once is enough. */
  private readonly tried = new Set<string>();

  constructor(
    readonly deps: LedgerDeps,
    readonly scope: LedgerScope,
    readonly run: Run,
    private state: LedgerState,
  ) {
    this.version = state.version;
    this.reader = new WindowReader(new Listing({ pool: deps.pool, scope, callOptions: run.callOptions }));
    this.applyFacts();
    for (const { fromMs, toMs, verifiedAtMs } of state.windows) {
      if (verifiedAtMs !== null) this.reader.noteAnswered(Math.min(toMs, verifiedAtMs) - fromMs);
    }
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
    this.applyFacts();
  }

  private applyFacts(): void {
    this.reader.spanLimit.lower(this.state.spanLimitMs ?? Infinity);
    this.reader.listing.slackMs = this.state.boundsSlackMs ?? 0;
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
   * Commits what was read of a window, after a second look agreed on every row that vanished. A read that is not
   * complete lands its rows, certifies nothing and makes the run partial. Says what has to be done where the answer
   * turns out to be a part of the window; then nothing was committed.
   */
  async commit(window: Window, first: ReadRows, options: CommitOptions): Promise<CommitOutcome> {
    let read = first;
    this.servedFromMs = await edgeOfRestored(this, window, read);
    let confirmedMissing: ReadonlySet<string> = new Set();
    for (let confirmation = 1; confirmation <= MAX_CONFIRMATIONS; confirmation += 1) {
      const result = await this.deps.store.commitWindow(
        this.commitOf(window, read, confirmedMissing, options.cursor),
      );
      if (result.outcome === 'committed') {
        await this.recordCommit(window, result, read);
        return { kind: 'committed' };
      }
      const look = await options.lookAgain(read, result.missing);
      if (look.kind === 'served') return { kind: 'clipped', row: look.row };
      if (look.kind === 'unbounded' || look.kind === 'blind') return look;
      if (look.kind === 'gone') {
        confirmedMissing = new Set(result.missing.map(ledgerKeyOf));
        this.servedFromMs = await edgeOfForgotten(this, window, read, result.missing);
        continue;
      }
      const again = await options.readAgain();
      if (again.kind === 'overflow' || again.kind === 'unbounded') return again;
      if (again.kind !== 'complete') break;
      read = again;
    }
    await this.commitUncertified(window, read, 'what vanished is served now and then', options.cursor);
    return { kind: 'committed' };
  }

  /** Lands the rows of a read that proves nothing of what it did not serve; the run is partial and says why. */
  async commitUncertified(
    window: Window,
    rows: ReadRows,
    why: string,
    cursor?: LedgerCursorPatch,
  ): Promise<void> {
    const read: ReadRows = { ...rows, kind: 'inconsistent', why };
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
    const servedFromMs = isComplete ? this.servedFromMs : this.state.servedFromMs;
    const moved = servedFromMs === null || servedFromMs === this.state.servedFromMs ? {} : { servedFromMs };
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
      servedFromMs,
      pieces: this.piecesOf(window, read),
      cursor: { ...cursor, ...moved },
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
