import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { DAY_MS } from '../../src/core/day';
import type { DecimalText } from '../../src/core/decimal';
import { KpoolError } from '../../src/core/errors';
import type { CallOptions } from '../../src/domain/call-options';
import type { HiddenCoin } from '../../src/domain/ledger/coins';
import type { Puid } from '../../src/domain/ids';
import type { IncomeRow } from '../../src/domain/income';
import { decideCommit } from '../../src/domain/ledger/commit-effects';
import type { CommitResult, LedgerCursorPatch, WindowCommit } from '../../src/domain/ledger/ledger-commit';
import type { LedgerState } from '../../src/domain/ledger/ledger-state';
import { ledgerKeyOf, matchLedger, type LedgerRow } from '../../src/domain/ledger/ledger-matching';
import type { Page, UnreadableRow } from '../../src/domain/page';
import type { IncomePageQuery } from '../../src/domain/pool';
import type { LedgerScope } from '../../src/domain/scope';
import {
  listWindowsAfter,
  replaceWindows,
  unreadRecordOf,
  type ReplacedWindows,
} from '../../src/domain/ledger/window-replacement';
import { contains, type Window } from '../../src/domain/ledger/windows';
import { syncLedgerScope, WHAT_IS_DUE, type LedgerRequest } from '../../src/sync/ledger/sync-ledger-scope';
import type { LedgerStore } from '../../src/sync/ports/ledger-ports';
import { FutureEnd } from '../../src/sync/ledger/future-end';
import { LedgerSession, type LedgerDeps } from '../../src/sync/ledger/ledger-session';
import { Run } from '../../src/sync/runs/run';

export const NOW = Date.UTC(2026, 10, 20, 12);
export const TODAY = Date.UTC(2026, 10, 20);
/** How far the history of a MemoryLab reaches back. */
export const HISTORY_DAYS = 1_000;
/** The days that a MemoryLab reads again daily. */
export const RECENT_DAYS = 35;
/** Midnight `days` before TODAY; a fraction is part of a day. */
export const daysAgo = (days: number): number => TODAY - days * DAY_MS;
/** The reverse of `daysAgo`. */
export const daysSince = (atMs: number): number => (TODAY - atMs) / DAY_MS;

/** A row mined `days` before TODAY. */
export const rowOf = (
  days: number,
  { amount = '1', ...more }: Partial<Omit<IncomeRow, 'amount'>> & { readonly amount?: string } = {},
): IncomeRow => ({
  currency: 'BTC',
  type: null,
  minedAtMs: daysAgo(days),
  amount: amount as DecimalText,
  hashRateHps: null,
  hashUnit: null,
  rejectRate: null,
  status: 'SETTLED',
  settledAtMs: null,
  extra: null,
  ...more,
});
/** `count` rows, one a day, the newest mined `first` days ago. */
export const daily = (count: number, first = 1): IncomeRow[] =>
  Array.from({ length: count }, (_, i) => rowOf(first + i));
/** The rows but for those mined at midnight of these days before TODAY. */
export const without = (rows: readonly IncomeRow[], ...days: readonly number[]): IncomeRow[] =>
  rows.filter(({ minedAtMs }) => !days.includes(daysSince(minedAtMs)));

/** A pool that keeps a list in memory and serves it as configured. */
export class MemoryPool {
  nowMs = NOW;
  requests = 0;
  readonly asked: IncomePageQuery[] = [];
  /** `none`: a fixed order without meaning; `shuffled`: another one at each request. */
  order: 'desc' | 'asc' | 'none' | 'shuffled' = 'desc';
  /** Longer spans are refused, ms. */
  longestSpanMs = Infinity;
  refusesFuture = false;
  /** How much of a longer span is served, ms, at its end or at its beginning. */
  clippedMs = Infinity;
  clippedAt: 'end' | 'beginning' = 'end';
  forgottenBeforeMs = -Infinity;
  isEmpty = false;
  /** How much later than the mining time the instant is by which the pool selects rows, ms; null: it ignores bounds. */
  shift: ((row: IncomeRow) => number) | null = () => 0;
  pageCap = 100;
  count: (rows: number) => number | null = (rows) => rows;
  /** These rows are served in a form that cannot be parsed. */
  readonly unreadable = new Set<IncomeRow>();
  /** Whether a row that cannot be parsed has a mining time. */
  isDated = true;
  /** These rows come last, as in a list in order of recording. */
  readonly late = new Set<IncomeRow>();
  /** These rows are listed only if their coin is asked for by name. */
  hidden: IncomeRow[] = [];
  /** Called before each request is answered. */
  before: (request: number, query: IncomePageQuery) => void = () => undefined;

  constructor(public rows: IncomeRow[]) {}

  now(): number {
    return this.nowMs;
  }

  readonly queryEarnings = async (
    query: IncomePageQuery,
    options?: CallOptions,
  ): Promise<Page<IncomeRow>> => {
    this.requests += 1;
    options?.onDispatch?.();
    this.asked.push(query);
    this.before(this.requests, query);
    const spanMs = query.endMs - query.startMs;
    if (spanMs > this.longestSpanMs || (this.refusesFuture && query.endMs > this.nowMs))
      throw new KpoolError('pool.parameter', 'refused');
    const all = this.listed(query);
    const size = Math.min(query.pageSize, this.pageCap);
    const items = all.slice((query.currentPage - 1) * size, query.currentPage * size);
    const unreadable = items
      .filter((row) => this.unreadable.has(row))
      .map((row) => unreadableOf(row, this.isDated));
    return Promise.resolve({
      rows: items.filter((row) => !this.unreadable.has(row)),
      unreadable,
      answeredAtMs: this.nowMs,
      currentPage: query.currentPage,
      pageSize: size,
      totalNum: this.count(all.length),
      totalPage: null,
    });
  };

  readonly queryRewards = this.queryEarnings;

  private listed({ startMs, endMs, coinName }: IncomePageQuery): IncomeRow[] {
    if (this.isEmpty) return [];
    const { shift, clippedMs } = this;
    const isClipped = endMs - startMs > clippedMs;
    const fromMs = isClipped && this.clippedAt === 'end' ? endMs - clippedMs : startMs;
    const toMs = isClipped && this.clippedAt === 'beginning' ? startMs + clippedMs : endMs;
    const rows =
      coinName === undefined
        ? this.rows
        : [...this.rows, ...this.hidden].filter(({ currency }) => currency === coinName);
    const selected = rows.filter((row) => {
      if (row.minedAtMs < this.forgottenBeforeMs) return false;
      const atMs = row.minedAtMs + (shift?.(row) ?? 0);
      return shift === null || (atMs >= fromMs && atMs <= toMs);
    });
    const rank = (row: IncomeRow): number =>
      this.order === 'shuffled'
        ? ((selected.indexOf(row) + 1) * (this.requests * 101 + 7_919)) % 10_007
        : this.order === 'none'
          ? ((row.minedAtMs / HOUR_MS) * 7_919) % 1_009
          : row.minedAtMs * (this.order === 'desc' ? -1 : 1);
    return [...selected].sort(
      (a, b) => Number(this.late.has(a)) - Number(this.late.has(b)) || rank(a) - rank(b),
    );
  }
}

const unreadableOf = (row: IncomeRow, isDated: boolean): UnreadableRow => ({
  raw: JSON.stringify(row),
  reason: 'broken',
  ...(isDated ? { minedAtMs: row.minedAtMs } : {}),
});

/** A ledger in memory, of one scope. */
class MemoryLedger implements LedgerStore {
  rows: LedgerRow[] = [];
  state: LedgerState = {
    version: 1n,
    windows: [],
    paged: false,
    spanLimitMs: null,
    emptySinceMs: null,
    deepCheckedAtMs: null,
    hiddenCoins: [],
    hasQuarantine: false,
    newestUnservedMs: null,
    nowMs: NOW,
  };
  /** Called before each commit, for example to let another writer commit first. */
  beforeCommit: () => void = () => undefined;
  readonly commits: WindowCommit[] = [];
  readonly patches: LedgerCursorPatch[] = [];

  load(): Promise<LedgerState> {
    return Promise.resolve(this.state);
  }

  update(
    _scope: LedgerScope,
    state: LedgerState,
    change: { pieces?: readonly Window[]; cursor?: LedgerCursorPatch },
  ): Promise<LedgerState> {
    this.patches.push(change.cursor ?? {});
    const windows = replaceWindows(this.state.windows, (change.pieces ?? []).map(unreadRecordOf));
    return Promise.resolve(this.advance(state, change.cursor ?? {}, windows));
  }

  commitWindow(commit: WindowCommit): Promise<CommitResult> {
    this.beforeCommit();
    this.checkVersion(commit.state);
    const stored = this.rows.filter(({ minedAtMs }) => contains(commit.window, minedAtMs));
    const others = this.rows.filter((row) => !stored.includes(row));
    const changes = matchLedger(stored, commit.rows, { isComplete: commit.isComplete });
    const served = others.filter((row) => !row.withdrawn && !row.unserved);
    const effects = decideCommit(commit, changes, {
      missing: changes.missing,
      oldestServedMs: Math.min(...served.map(({ minedAtMs }) => minedAtMs)),
    });
    if (effects.outcome === 'unconfirmed') return Promise.resolve(effects);
    const written = [...stored, ...effects.inserted, ...effects.updated];
    this.rows = [...others, ...new Map(written.map((row) => [ledgerKeyOf(row), row])).values()];
    this.advance(commit.state, {}, effects.windows, effects.newestMinedAtMs !== null);
    const { state } = this;
    this.state = {
      ...state,
      hiddenCoins: state.hiddenCoins.map((known) => readCoin(known, commit, state.nowMs)),
    };
    this.commits.push(commit);
    const counts = { ...effects.counts, quarantined: commit.unreadable.length };
    return Promise.resolve({ outcome: 'committed', state: this.state, counts });
  }

  /** Commits as another writer would. */
  supersede(): void {
    this.state = { ...this.state, version: this.state.version + 1n };
  }

  private checkVersion({ version }: LedgerState): void {
    if (version !== this.state.version) throw new KpoolError('sync.superseded', 'another one went first');
  }

  private advance(
    from: LedgerState,
    patch: LedgerCursorPatch,
    windows: ReplacedWindows,
    hasRows = false,
  ): LedgerState {
    this.checkVersion(from);
    const { state } = this;
    const emptySinceMs = hasRows
      ? null
      : patch.showsNoRow === true
        ? (state.emptySinceMs ?? state.nowMs)
        : state.emptySinceMs;
    this.state = {
      ...state,
      version: state.version + 1n,
      windows: listWindowsAfter(windows, state.nowMs),
      newestUnservedMs: newestUnserved(this.rows),
      paged: patch.paged ?? state.paged,
      spanLimitMs: patch.spanLimitMs ?? state.spanLimitMs,
      emptySinceMs,
      deepCheckedAtMs: patch.deepChecked === true ? state.nowMs : state.deepCheckedAtMs,
    };
    return this.state;
  }
}

function newestUnserved(rows: readonly LedgerRow[]): number | null {
  const instants = rows.filter((row) => row.unserved && !row.withdrawn).map(({ minedAtMs }) => minedAtMs);
  return instants.length === 0 ? null : Math.max(...instants);
}

function readCoin(known: HiddenCoin, { coin, rows }: WindowCommit, nowMs: number): HiddenCoin {
  if (coin?.currency !== known.currency) return known;
  return {
    ...known,
    readAtMs: coin.completesHistory ? nowMs : known.readAtMs,
    hasRows: known.hasRows || rows.length > 0,
  };
}

const SCOPE = {
  stream: 'earnings',
  accountId: 1,
  puid: 1n as Puid,
  algo: 'sha256d',
} as unknown as LedgerScope;

/** A pool and a ledger in memory, and runs over them. */
export class MemoryLab {
  readonly ledger = new MemoryLedger();
  historyStartMs = daysAgo(HISTORY_DAYS);
  sleep: () => Promise<void> = () => Promise.resolve();

  constructor(readonly pool: MemoryPool) {}

  /** Runs a sync. Returns why it was partial, and what it cost and changed. */
  async sync(
    request: Partial<LedgerRequest> = {},
  ): Promise<{ doubts: readonly string[]; requests: number; withdrawn: number; rowsRead: number }> {
    this.pass(1_000);
    const run = new Run(1n, 0, new AbortController().signal);
    const before = this.pool.requests;
    await syncLedgerScope(this.deps(), SCOPE, run, { ...WHAT_IS_DUE, ...request });
    return {
      doubts: run.shortcomings,
      requests: this.pool.requests - before,
      withdrawn: run.totals.withdrawn,
      rowsRead: run.totals.rowsRead,
    };
  }

  /** The session of a run that the test drives itself. */
  session(acceptsEmpty = false): LedgerSession {
    const run = new Run(1n, 0, new AbortController().signal);
    return new LedgerSession(this.deps(), SCOPE, run, acceptsEmpty, this.ledger.state);
  }

  private readonly futureEnd = new FutureEnd();

  private deps(): LedgerDeps {
    return {
      pool: this.pool,
      futureEnd: this.futureEnd,
      store: this.ledger,
      clock: { sleep: () => this.sleep() },
      tiers: {
        historyStartMs: this.historyStartMs,
        recentDays: RECENT_DAYS,
        recentEveryMs: DAY_MS,
        fullEveryMs: 7 * DAY_MS,
      },
    };
  }

  /** Runs a sync that reads everything again. */
  verify(request: Partial<LedgerRequest> = {}): ReturnType<MemoryLab['sync']> {
    return this.sync({ verifyBeforeMs: this.ledger.state.nowMs + 1, ...request });
  }

  /** Lets time pass. */
  pass(ms: number): void {
    this.pool.nowMs += ms;
    this.ledger.state = { ...this.ledger.state, nowMs: this.ledger.state.nowMs + ms };
  }

  /** When the live rows were mined, in days before today, newest first. */
  live(isChosen: (row: LedgerRow) => boolean = () => true): number[] {
    return daysOf(this.ledger.rows.filter((row) => !row.withdrawn && isChosen(row)));
  }

  served(): number[] {
    return daysOf(this.pool.rows);
  }
}

/** A lab after its first sync. */
export async function synced(pool: MemoryPool): Promise<MemoryLab> {
  const lab = new MemoryLab(pool);
  await lab.sync();
  return lab;
}

const daysOf = (rows: readonly IncomeRow[]): number[] =>
  rows.map(({ minedAtMs }) => daysSince(minedAtMs)).sort((a, b) => a - b);
