/** What the streams of workers need of the store. */
import type { Worker, WorkerStatus } from '../domain/entities';
import type { AccountId, Puid, WorkerId } from '../domain/ids';
import type { UnreadableRow } from '../domain/page';
import type { ListingCounts } from '../domain/row-counts';
import type { Scope } from './ports';

export interface FleetScope extends Scope {
  readonly stream: 'workers' | 'worker-details';
  readonly puid: Puid;
  readonly algo: string;
}

/** A snapshot in progress over all workers of a scope. */
export interface FleetSnapshot {
  readonly snapshotId: bigint;
  /** The cursor's version at the start; a snapshot that lands after another one went first is refused (P9). */
  readonly version: bigint;
  /** No snapshot of this scope was completed before. */
  readonly isFirst: boolean;
  /** Workers that are there as far as we know. */
  readonly knownWorkers: number;
  /** The lists by status were last compared with the count of all workers a day ago, or never. */
  readonly isTotalDue: boolean;
}

export interface FleetLanding {
  /** Every list was read to its end: the snapshot counts. Another lands what it saw and says nothing of the rest. */
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

/** What a snapshot knows of its workers is kept in the database page by page: a fleet need not fit into memory. */
export interface FleetStore {
  beginSnapshot(scope: FleetScope): Promise<FleetSnapshot>;
  /** Each worker once; the later one stands. */
  packWorkers(workers: readonly Worker[]): PackedWorkers;
  /**
   * Keeps what pages said, the oldest of them `ageMs` ago; no worker is on two of them. A worker staged before with
   * another status is conflicting; the newer word stands.
   */
  stageWorkers(
    snapshot: FleetSnapshot,
    status: WorkerStatus,
    pages: readonly PackedWorkers[],
    ageMs: number,
  ): Promise<void>;
  /**
   * Keeps workers that no list by status named, without a status: those staged before stay as they are. Returns how
   * many were new.
   */
  stageUnlisted(snapshot: FleetSnapshot, pages: readonly PackedWorkers[], ageMs: number): Promise<number>;
  /** Gives those staged without a status this one. */
  assumeStatus(snapshot: FleetSnapshot, status: WorkerStatus): Promise<void>;
  /** Workers staged by now. */
  countStaged(snapshot: FleetSnapshot): Promise<number>;
  /** Workers seen with two statuses or none, then those that were active before and are in no list: at most `limit`. */
  findUnresolved(scope: FleetScope, snapshot: FleetSnapshot, limit: number): Promise<WorkerId[]>;
  /** The last word on one worker: its state now, or that the pool does not know it. */
  resolveWorker(snapshot: FleetSnapshot, workerId: WorkerId, worker: Worker | null): Promise<void>;
  /** One transaction: workers, samples, figures, the snapshot itself. Throws `sync.superseded`. */
  landSnapshot(scope: FleetScope, snapshot: FleetSnapshot, landing: FleetLanding): Promise<ListingCounts>;
  /** Forgets what was staged. */
  dropSnapshot(snapshot: FleetSnapshot): Promise<void>;
  /** How many workers each sub-account and algorithm of an account has. */
  findFleetSizes(accountId: AccountId): Promise<number[]>;
  /**
   * Workers whose details are next, less those that this run has `done`: new and missing ones, then on from where the
   * round stopped.
   */
  findNextDetails(scope: FleetScope, done: ReadonlySet<WorkerId>, limit: number): Promise<DetailsBatch>;
  /** Stores details that are newer than what is known, and where the round stands. Throws `sync.superseded`. */
  storeDetails(scope: FleetScope, workers: readonly Worker[], batch: DetailsBatch): Promise<ListingCounts>;
}

export interface DetailsBatch {
  /** The cursor's version before; another one refuses the batch (P9). */
  readonly version: bigint;
  readonly workerIds: readonly WorkerId[];
  /** Where the round stands when these are done: the last worker of it, null at its end. */
  readonly position: WorkerId | null;
  /** The database's clock before they are asked for, ms since the epoch. */
  readonly askedAtMs: number;
}
