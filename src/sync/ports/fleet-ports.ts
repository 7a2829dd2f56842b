/** What the streams of workers need of the store. */
import type { Worker, WorkerStatus } from '../../domain/entities';
import type {
  DetailsBatch,
  FleetLanding,
  FleetSnapshot,
  PackedWorkers,
} from '../../domain/fleet/fleet-snapshot';
import type { AccountId, WorkerId } from '../../domain/ids';
import type { ListingCounts } from '../../domain/row-counts';
import type { FleetScope } from '../../domain/scope';

/** Workers of a snapshot are staged in the database page by page, so a fleet need not fit into memory. */
export interface FleetStore {
  beginSnapshot(scope: FleetScope): Promise<FleetSnapshot>;
  /** Each worker once; the last one wins. */
  packWorkers(workers: readonly Worker[]): PackedWorkers;
  /**
   * Stages pages that share no worker; the oldest was served `ageMs` ago. A worker already staged with another status
   * is marked as conflicting and gets the newer status.
   */
  stageWorkers(
    snapshot: FleetSnapshot,
    status: WorkerStatus,
    pages: readonly PackedWorkers[],
    ageMs: number,
  ): Promise<void>;
  /** Stages workers without a status; those staged before stay as they are. Returns how many were new. */
  stageUnlisted(snapshot: FleetSnapshot, pages: readonly PackedWorkers[], ageMs: number): Promise<number>;
  /** Sets the status of workers staged without one. */
  assumeStatus(snapshot: FleetSnapshot, status: WorkerStatus): Promise<void>;
  countStaged(snapshot: FleetSnapshot): Promise<number>;
  /**
   * At most `limit` workers to look up: first those with two statuses or none, then those that were active and are in
   * no list.
   */
  findUnresolved(scope: FleetScope, snapshot: FleetSnapshot, limit: number): Promise<WorkerId[]>;
  /** Resolves one worker to its present state; null: the pool does not know it. */
  resolveWorker(snapshot: FleetSnapshot, workerId: WorkerId, worker: Worker | null): Promise<void>;
  /** Stores workers, samples, figures and the snapshot in one transaction. Throws `sync.superseded`. */
  landSnapshot(scope: FleetScope, snapshot: FleetSnapshot, landing: FleetLanding): Promise<ListingCounts>;
  /** Deletes what was staged. */
  dropSnapshot(snapshot: FleetSnapshot): Promise<void>;
  /** How many workers each sub-account and algorithm of an account has. */
  findFleetSizes(accountId: AccountId): Promise<number[]>;
  /**
   * The next workers to ask details of, except those `done` in this run: new and missing ones first, then those after
   * the position of the round.
   */
  findNextDetails(scope: FleetScope, done: ReadonlySet<WorkerId>, limit: number): Promise<DetailsBatch>;
  /** Stores details that are newer than those known, and the position of the round. Throws `sync.superseded`. */
  storeDetails(scope: FleetScope, workers: readonly Worker[], batch: DetailsBatch): Promise<ListingCounts>;
}
