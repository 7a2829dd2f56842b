/** What the use-cases of this folder need of the world; `src/app` wires the pool's client and the store to them. */
import type { DecimalText } from '../core/decimal';
import type { SubAccount, SubAccountIncome, Worker, WorkerFilter, WorkerStatus } from '../domain/entities';
import type { AccountId, Puid, WorkerId } from '../domain/ids';
import type { IncomeRow } from '../domain/income';
import type { LedgerRow } from '../domain/ledger-matching';
import type { Listing, Page, UnreadableRow } from '../domain/page';
import type { LedgerStream, Stream } from '../domain/streams';
import type { StoredWindow, Window } from '../domain/windows';

export interface CallOptions {
  /** 1 is served first. */
  readonly priority: number;
  readonly signal?: AbortSignal;
  /** Called once for every request that really leaves, retries included. */
  readonly onDispatch?: () => void;
}

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

/** What one sync works on. `puid` and `algo` are null for streams that have none. */
export interface Scope {
  readonly stream: Stream;
  readonly accountId: AccountId;
  readonly puid: Puid | null;
  readonly algo: string | null;
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
  /** Rows of the whole history as the first answer counted them; null before it. */
  readonly expectedRows: number | null;
  /** Rows that a page really holds, where the server was seen to serve fewer than asked. */
  readonly pageSizeCap: number | null;
  /** The server was seen to ignore `startTime` and `endTime`. */
  readonly boundsIgnored: boolean;
  /**
   * The longest span, ms, that the server answers with all that it holds, as far as any scope of the account has
   * found out; null while no limit was met.
   */
  readonly spanLimitMs: number | null;
  /** Mining time from which on the pool serves the scope, once it was seen to forget older rows; null: it forgot none. */
  readonly servedFromMs: number | null;
  /** Currencies that are served only when `coinName` names them. */
  readonly hiddenCoins: readonly string[];
  readonly coinsProbedAtMs: number | null;
  /** The database's clock (`sync.now()`) at the time of loading. */
  readonly nowMs: number;
}

/** Facts about a scope that a commit may record with it; what is left out stays. */
export interface LedgerCursorPatch {
  readonly expectedRows?: number;
  readonly pageSizeCap?: number | null;
  readonly boundsIgnored?: boolean;
  readonly spanLimitMs?: number;
  readonly servedFromMs?: number;
  readonly hiddenCoins?: readonly string[];
  readonly coinsProbed?: boolean;
}

export interface WindowPiece extends Window {
  /** False: still to be read (again). */
  readonly verified: boolean;
}

export interface WindowCommit {
  readonly scope: LedgerScope;
  readonly runId: bigint;
  readonly expectedVersion: bigint;
  /** Where the history begins that is to be complete. */
  readonly historyStartMs: number;
  /** The window that was read: `rows` are all that the pool serves in it. */
  readonly window: Window;
  readonly rows: readonly IncomeRow[];
  readonly unreadable: readonly UnreadableRow[];
  /** Rows that the pool counts in the window, and requests that the read took. */
  readonly totalNum: number;
  readonly requests: number;
  /** Only a complete read certifies; another lands its rows and says nothing of what it did not see. */
  readonly isComplete: boolean;
  /** Keys (`ledgerKeyOf`) of live rows that a second look in this run did not see either. */
  readonly confirmedMissing: ReadonlySet<string>;
  /** Live rows mined before this instant are kept as they are when they are not served: the pool forgot them. */
  readonly servedFromMs: number | null;
  /** Replace every stored window that they overlap. */
  readonly pieces: readonly WindowPiece[];
  readonly cursor?: LedgerCursorPatch;
}

export interface RowCounts {
  readonly inserted: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly withdrawn: number;
  /** Rows that could not be understood and that nobody accepted. */
  readonly quarantined: number;
  /** Live rows that a complete read did not serve, kept since a row that could not be understood may be any of them. */
  readonly heldBack: number;
}

export type CommitResult =
  | { readonly outcome: 'committed'; readonly version: bigint; readonly counts: RowCounts }
  /** Nothing was written: these live rows would be withdrawn, and a second look has to agree. */
  | { readonly outcome: 'unconfirmed'; readonly missing: readonly LedgerRow[] };

export interface LedgerSummary {
  readonly rows: number;
  readonly days: number;
  readonly oldestMs: number | null;
}

/** Throws `sync.superseded` when another commit went first. */
export interface LedgerStore {
  load(scope: LedgerScope): Promise<LedgerState>;
  /** Currencies that the ledger holds of a scope. */
  findCurrencies(scope: LedgerScope): Promise<readonly string[]>;
  /** The live rows mined in `[fromMs, toMs)`: how many, on how many days (UTC), the oldest of them. */
  summarizeRows(scope: LedgerScope, span: Window): Promise<LedgerSummary>;
  commitWindow(commit: WindowCommit): Promise<CommitResult>;
  /** Changes windows and facts without rows; returns the new version. */
  updateCursor(
    scope: LedgerScope,
    expectedVersion: bigint,
    change: {
      readonly pieces?: readonly WindowPiece[];
      readonly cursor?: LedgerCursorPatch;
      readonly historyStartMs: number;
    },
  ): Promise<bigint>;
}

export interface ListingCounts {
  readonly inserted: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly removed: number;
  readonly quarantined: number;
}

export type ListingVerdict =
  | { readonly outcome: 'stored'; readonly counts: ListingCounts }
  /** Nothing was written: these would be removed, and a second listing has to agree. */
  | { readonly outcome: 'unconfirmed'; readonly missing: ReadonlySet<string> };

export interface CatalogStore {
  storeAlgorithms(
    accountId: AccountId,
    listing: Listing<string>,
    confirmedMissing: ReadonlySet<string>,
  ): Promise<ListingVerdict>;
  /**
   * Throws `account.duplicate` when another account has the same sub-account, `account.changed` when none of the
   * account's known sub-accounts is listed any more; the account is stopped in the same transaction.
   */
  storeSubAccounts(
    accountId: AccountId,
    listing: Listing<SubAccount>,
    confirmedMissing: ReadonlySet<string>,
  ): Promise<ListingVerdict>;
}

export interface FleetScope extends Scope {
  readonly stream: 'workers' | 'worker-details';
  readonly puid: Puid;
  readonly algo: string;
}

/** A walk over all workers of a scope that is under way. */
export interface FleetPass {
  readonly passId: bigint;
  /** The cursor's version at the start; a pass that lands after another one went first is refused (P9). */
  readonly version: bigint;
  /** No pass of this scope was completed before. */
  readonly isFirst: boolean;
  /** Workers that are there as far as we know. */
  readonly knownWorkers: number;
  /** The lists by status were last compared with the count of all workers a day ago, or never. */
  readonly isTotalDue: boolean;
}

export interface FleetLanding {
  /** Every list was read to its end: the pass counts. Another lands what it saw and says nothing of the rest. */
  readonly isComplete: boolean;
  /** Workers that were staged, each once. */
  readonly staged: number;
  readonly unreadable: readonly UnreadableRow[];
  /** Workers that the unreadable rows may be; null when any may be one of them. */
  readonly unreadableWorkers: ReadonlySet<WorkerId> | null;
  /** The count of all workers was asked for and compared. */
  readonly totalCompared: boolean;
}

/** Workers of one page as the store takes them: a tenth of the memory that the page took. */
export interface PackedWorkers {
  readonly text: string;
  readonly count: number;
}

/** What a pass knows of its workers is kept in the database page by page: a fleet need not fit into memory. */
export interface FleetStore {
  beginPass(scope: FleetScope): Promise<FleetPass>;
  /** Each worker once; the later one stands. */
  packWorkers(workers: readonly Worker[]): PackedWorkers;
  /**
   * Keeps what pages said, the oldest of them `ageMs` ago; no worker is on two of them. A worker staged before with
   * another status is contested; the newer word stands.
   */
  stageWorkers(
    pass: FleetPass,
    status: WorkerStatus,
    pages: readonly PackedWorkers[],
    ageMs: number,
  ): Promise<void>;
  /**
   * Keeps workers that no list by status named, without a status: those staged before stay as they are. Returns how
   * many were new.
   */
  stageUnlisted(pass: FleetPass, pages: readonly PackedWorkers[], ageMs: number): Promise<number>;
  /** Gives those staged without a status this one. */
  assumeStatus(pass: FleetPass, status: WorkerStatus): Promise<void>;
  /** Workers staged by now. */
  countStaged(pass: FleetPass): Promise<number>;
  /** Workers seen with two statuses or none, then those that were active before and are in no list: at most `limit`. */
  findUnsettled(scope: FleetScope, pass: FleetPass, limit: number): Promise<WorkerId[]>;
  /** The last word on one worker: its state now, or that the pool does not know it. */
  settleWorker(pass: FleetPass, workerId: WorkerId, worker: Worker | null): Promise<void>;
  /** One transaction: workers, samples, figures, the pass itself. Throws `sync.superseded`. */
  landPass(scope: FleetScope, pass: FleetPass, landing: FleetLanding): Promise<ListingCounts>;
  /** Forgets what was staged. */
  dropPass(pass: FleetPass): Promise<void>;
  /** How many workers each sub-account and algorithm of an account has. */
  findFleetSizes(accountId: AccountId): Promise<number[]>;
  /**
   * Workers whose details are next, less those that this run has `done`: new and missing ones, then on from where the
   * round stopped.
   */
  findNextDetails(scope: FleetScope, done: ReadonlySet<WorkerId>, limit: number): Promise<DetailsBatch>;
  /** Stores details that are newer than what is known, and where the round stands. */
  storeDetails(scope: FleetScope, workers: readonly Worker[], batch: DetailsBatch): Promise<ListingCounts>;
}

export interface DetailsBatch {
  readonly workerIds: readonly WorkerId[];
  /** Where the round stands when these are done: the last worker of it, null at its end. */
  readonly position: WorkerId | null;
  /** The database's clock before they are asked for, ms since the epoch. */
  readonly askedAtMs: number;
}

export interface IncomeStore {
  /** Currencies that the ledger of an account holds. */
  findCurrencies(accountId: AccountId): Promise<string[]>;
  storeAccountIncome(
    scope: Scope,
    totals: readonly { readonly currency: string; readonly amount: DecimalText }[],
    unreadable: readonly UnreadableRow[],
  ): Promise<ListingCounts>;
  storeSubAccountIncome(
    scope: Scope,
    totals: readonly (SubAccountIncome & { readonly currency: string })[],
    unreadable: readonly UnreadableRow[],
  ): Promise<ListingCounts>;
}

export type RunOutcome = 'succeeded' | 'partial' | 'failed' | 'aborted';

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
    },
  ): Promise<void>;
}
