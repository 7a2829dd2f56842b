/** The ports of the use-cases in this folder; `src/app` wires the pool's client and the store to them. */
import type { DecimalText } from '../core/decimal';
import type { CallOptions } from '../domain/call-options';
import type { CoinRead, HiddenCoin } from '../domain/coins';
import type { Scope } from '../domain/due-scopes';
import type { SubAccount, SubAccountIncome, Worker, WorkerFilter } from '../domain/entities';
import type { Puid, WorkerId } from '../domain/ids';
import type { IncomeRow } from '../domain/income';
import type { LedgerRow } from '../domain/ledger-matching';
import type { Listing, Page, UnreadableRow } from '../domain/page';
import type { RowCounts } from '../domain/row-counts';
import type { LedgerStream } from '../domain/streams';
import type { StoredWindow, Window } from '../domain/windows';

export type { Scope };

export interface IncomeQuery {
  readonly puid: Puid;
  readonly algo: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly currentPage: number;
  readonly pageSize: number;
  readonly coinName?: string;
}

export interface WorkersQuery {
  readonly puid: Puid;
  readonly algo: string;
  readonly status: WorkerFilter;
  readonly currentPage: number;
  readonly pageSize: number;
}

export interface WorkerQuery {
  readonly puid: Puid;
  readonly algo: string;
  readonly workerId: WorkerId;
}

/** The pool as one account sees it. Every call throws a `KpoolError`, classified. */
export interface Pool {
  /** The pool's clock, ms since the epoch. */
  now(): number;
  queryAlgorithms(options: CallOptions): Promise<Listing<string>>;
  querySubAccounts(options: CallOptions): Promise<Listing<SubAccount>>;
  queryEarnings(query: IncomeQuery, options: CallOptions): Promise<Page<IncomeRow>>;
  queryRewards(query: IncomeQuery, options: CallOptions): Promise<Page<IncomeRow>>;
  /** In order of their names. */
  queryWorkers(query: WorkersQuery, options: CallOptions): Promise<Page<Worker>>;
  /** One worker or none. */
  getWorker(query: WorkerQuery, options: CallOptions): Promise<Listing<Worker>>;
  /** One total or none. */
  queryAccountIncome(coinName: string, options: CallOptions): Promise<Listing<DecimalText>>;
  querySubAccountIncome(coinName: string, options: CallOptions): Promise<Listing<SubAccountIncome>>;
}

export interface LedgerScope extends Scope {
  readonly stream: LedgerStream;
  readonly puid: Puid;
  readonly algo: string;
}

/** What is known of a scope of the ledger before a run. */
export interface LedgerState {
  /** Grows by one with every commit; a commit that started from an older one is refused (P9). */
  readonly version: bigint;
  /** Newest first, without overlap. */
  readonly windows: readonly StoredWindow[];
  /** Bounds cannot be trusted to select by mining date: the whole list is paged. */
  readonly paged: boolean;
  /**
   * The longest span that the pool answers in full, ms, as learned by any scope of the account; null: no limit known.
   */
  readonly spanLimitMs: number | null;
  /**
   * Since when every read, at most 36 hours apart, showed no row of a list that held some; null while it shows rows.
   */
  readonly emptySinceMs: number | null;
  /** When the scope had its last deep check (probe, count, trial of windows); null before the first run ended. */
  readonly deepCheckedAtMs: number | null;
  /** Coins that the pool totals for the account while its lists show none of them unless asked by name. */
  readonly hiddenCoins: readonly HiddenCoin[];
  /** Rows of the scope that could not be understood are on record, and were served when last read. */
  readonly hasQuarantine: boolean;
  /** The database's clock (`sync.now()`) at the time of loading. */
  readonly nowMs: number;
}

/** Facts about a scope to record; omitted ones stay. */
export interface LedgerCursorPatch {
  readonly paged?: boolean;
  readonly spanLimitMs?: number;
  readonly showsNoRow?: boolean;
  readonly deepChecked?: boolean;
  /** Rows that the pool counts in the whole list. */
  readonly poolRowCount?: number;
}

/** What becomes of a live row that two reads did not serve. */
export type MissingVerdict = 'withdrawn' | 'unserved';

export interface WindowPiece extends Window {
  /** False: still to be read (again). */
  readonly verified: boolean;
}

export interface WindowCommit {
  readonly scope: LedgerScope;
  readonly runId: bigint;
  /** What the read started from: a commit that another one preceded is refused (P9). */
  readonly state: LedgerState;
  /** Start of the history to be complete. */
  readonly historyStartMs: number;
  /** The window that was read: `rows` are all that the pool serves in it. */
  readonly window: Window;
  readonly rows: readonly IncomeRow[];
  readonly unreadable: readonly UnreadableRow[];
  /** Requests that the read took. */
  readonly requests: number;
  /** Only a complete read certifies; an incomplete one stores its rows and says nothing about others. */
  readonly isComplete: boolean;
  /** By key (`ledgerKeyOf`): what becomes of the live rows that the confirmation read did not serve either. */
  readonly confirmed: ReadonlyMap<string, MissingVerdict>;
  /** Replace every stored window that they overlap. */
  readonly pieces: readonly WindowPiece[];
  /** The hidden coin by whose name the list was asked, and whether for all of its history: windows know nothing of it. */
  readonly coin?: CoinRead;
}

export type CommitResult =
  | { readonly outcome: 'committed'; readonly state: LedgerState; readonly counts: RowCounts }
  /** Nothing was written: these live rows vanished, and a confirmation read has to agree. */
  | {
      readonly outcome: 'unconfirmed';
      readonly missing: readonly LedgerRow[];
      /** When the oldest row outside the window was mined that was served when it was last read; Infinity: none. */
      readonly oldestServedMs: number;
    };

/** Throws `sync.superseded` when another commit went first. */
export interface LedgerStore {
  load(scope: LedgerScope): Promise<LedgerState>;
  commitWindow(commit: WindowCommit): Promise<CommitResult>;
  /** Changes windows and facts without rows. */
  update(
    scope: LedgerScope,
    state: LedgerState,
    change: {
      readonly pieces?: readonly WindowPiece[];
      readonly cursor?: LedgerCursorPatch;
      readonly historyStartMs: number;
    },
  ): Promise<LedgerState>;
}

/** `skipped`: there was nothing to ask the pool. */
export type RunOutcome = 'succeeded' | 'skipped' | 'partial' | 'failed' | 'aborted';

export interface RunTotals {
  requests: number;
  rowsRead: number;
  inserted: number;
  changed: number;
  unchanged: number;
  withdrawn: number;
  quarantined: number;
}

export interface RunStore {
  start(scope: Scope, trigger: string): Promise<bigint>;
  finish(
    runId: bigint,
    result: {
      readonly outcome: RunOutcome;
      readonly totals: Readonly<RunTotals>;
      readonly errorCode: string | null;
      readonly errorMessage: string | null;
      /** Another run of the scope, which has its own record, did the work. */
      readonly isReused: boolean;
      readonly isUnlisted: boolean;
    },
  ): Promise<void>;
}

/** How a run went that read a scope to its end. */
export interface EndedRun {
  readonly outcome: 'succeeded' | 'partial';
  /** Why it was `partial`. */
  readonly reason: string | null;
  /** Rows inserted, changed or found unchanged. */
  readonly rows: number;
  readonly quarantined: number;
}

/** A lock that one run holds. */
export interface HeldLock {
  /** Never fails. */
  release(): Promise<void>;
}

export interface ScopeLockStore {
  /** Null while another run holds the scope. The locks of a process end with it. */
  take(scope: Scope): Promise<HeldLock | null>;
  /** The cursor's version, and the last run of the scope that ended since `runId` began; null when none did. */
  readState(
    scope: Scope,
    runId: bigint,
  ): Promise<{ readonly version: bigint; readonly lastEnded: EndedRun | null }>;
}
