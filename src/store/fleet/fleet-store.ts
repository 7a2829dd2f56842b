// Raw SQL: a snapshot begins and lands with instants of the database, to the microsecond.
import { KpoolError } from '../../core/errors';
import { guarded } from '../../core/postgres/errors';
import type { Worker, WorkerStatus } from '../../domain/entities';
import type { DetailsBatch, FleetLanding, FleetSnapshot, PackedWorkers } from '../../domain/fleet-snapshot';
import type { AccountId, WorkerId } from '../../domain/ids';
import type { ListingCounts } from '../../domain/row-counts';
import type { FleetScope } from '../../domain/scope';
import { inTransaction, type Queryable, type Transaction } from '../client';
import type { PrismaClient } from '../generated/client';
import { pgInstant, readInstant } from '../instants';
import { ensureCursor, lockCursor } from '../ledger/cursor';
import { quarantineRows } from '../quarantine';
import { cursorOf, isOfScope } from '../scope-key';
import { addSnapshot } from './add-snapshot';
import { findFleetSizes, findNextDetails, storeDetails } from './details';
import { isOfFleet } from './fleet-key';
import type { LandingSnapshot } from './inactive-state';
import {
  completeSnapshot,
  joinLarge,
  mergeWorkers,
  noteInactive,
  openPresence,
  removeMissing,
} from './landing';
import { packWorkers } from './packed-workers';
import {
  assumeStatus,
  countStaged,
  dropStaged,
  findUnresolved,
  insertSnapshot,
  resolveStaged,
  stagePages,
  stageUnlisted,
} from './staging';

/** From this many workers on, a landing reads whole tables instead of one worker at a time. */
const LARGE_FLEET = 500;

/** Workers, their snapshots, samples and figures. */
export class PrismaFleetStore {
  constructor(private readonly client: PrismaClient) {}

  async beginSnapshot(scope: FleetScope): Promise<FleetSnapshot> {
    return guarded(async () => {
      await ensureCursor(this.client, scope);
      const snapshotId = await insertSnapshot(this.client, scope);
      const [facts] = await this.client.$queryRaw<
        { version: bigint; is_first: boolean; known_workers: bigint; is_total_due: boolean }[]
      >`
        SELECT version, coalesce(counts_compared_at < sync.now() - interval '1 day', true) AS is_total_due,
               NOT EXISTS (SELECT FROM pool.worker_snapshots t WHERE ${isOfFleet(scope)} AND completed_at IS NOT NULL)
                 AS is_first,
               (SELECT count(*) FROM sync.worker_presence t WHERE ${isOfFleet(scope)} AND to_at IS NULL) AS known_workers
          FROM sync.cursors WHERE ${isOfScope(scope)}`;
      if (facts === undefined) {
        throw new KpoolError('broken-promise', 'A snapshot that was just begun is not there.');
      }
      return {
        snapshotId,
        version: facts.version,
        isFirst: facts.is_first,
        knownWorkers: Number(facts.known_workers),
        isTotalDue: facts.is_total_due,
      };
    });
  }

  packWorkers(workers: readonly Worker[]): PackedWorkers {
    return packWorkers(workers);
  }

  async stageWorkers(
    snapshot: FleetSnapshot,
    status: WorkerStatus,
    pages: readonly PackedWorkers[],
    ageMs: number,
  ): Promise<void> {
    await guarded(() => stagePages(this.client, snapshot.snapshotId, status, pages, ageMs));
  }

  async stageUnlisted(
    snapshot: FleetSnapshot,
    pages: readonly PackedWorkers[],
    ageMs: number,
  ): Promise<number> {
    return guarded(() => stageUnlisted(this.client, snapshot.snapshotId, pages, ageMs));
  }

  async assumeStatus(snapshot: FleetSnapshot, status: WorkerStatus): Promise<void> {
    await guarded(() => assumeStatus(this.client, snapshot.snapshotId, status));
  }

  async countStaged(snapshot: FleetSnapshot): Promise<number> {
    return guarded(() => countStaged(this.client, snapshot.snapshotId));
  }

  async findUnresolved(scope: FleetScope, snapshot: FleetSnapshot, limit: number): Promise<WorkerId[]> {
    return guarded(() => findUnresolved(this.client, scope, snapshot.snapshotId, limit));
  }

  async resolveWorker(snapshot: FleetSnapshot, workerId: WorkerId, worker: Worker | null): Promise<void> {
    await guarded(() => resolveStaged(this.client, snapshot.snapshotId, workerId, worker));
  }

  async dropSnapshot(snapshot: FleetSnapshot): Promise<void> {
    await guarded(() => dropStaged(this.client, snapshot.snapshotId));
  }

  /**
   * Stores workers, samples, figures and the snapshot in one transaction. An incomplete snapshot lands the workers that
   * it saw and leaves no trace in samples and figures. Throws `sync.superseded` when another snapshot of
   * the scope landed since this one began, `sync.inconsistent` when the server lost what was staged.
   */
  async landSnapshot(
    scope: FleetScope,
    snapshot: FleetSnapshot,
    landing: FleetLanding,
  ): Promise<ListingCounts> {
    const startedAtMs = await guarded(() => this.prepareSamples(snapshot));
    return guarded(() =>
      inTransaction(this.client, async (tx) => {
        await lockCursor(tx, scope, snapshot.version);
        const staged = await countStaged(tx, snapshot.snapshotId);
        if (staged !== landing.staged) {
          throw new KpoolError(
            'sync.inconsistent',
            'The database lost workers that were read (did it restart?).',
          );
        }
        if (staged >= LARGE_FLEET) await joinLarge(tx);
        const landingPass = {
          key: scope,
          snapshotId: snapshot.snapshotId,
          startedAt: pgInstant(startedAtMs),
        };
        const { inserted, changed } = await mergeWorkers(tx, landingPass);
        const removed = landing.isComplete ? await this.complete(tx, landingPass, landing) : 0;
        const quarantined = await quarantineRows(tx, scope, landing.unreadable);
        await this.advance(tx, scope, landing);
        await dropStaged(tx, snapshot.snapshotId);
        return { inserted, changed, unchanged: staged - inserted - changed, removed, quarantined };
      }),
    );
  }

  async findFleetSizes(accountId: AccountId): Promise<number[]> {
    return guarded(() => findFleetSizes(this.client, accountId));
  }

  async findNextDetails(
    scope: FleetScope,
    done: ReadonlySet<WorkerId>,
    limit: number,
  ): Promise<DetailsBatch> {
    return guarded(async () => {
      await ensureCursor(this.client, scope);
      return findNextDetails(this.client, scope, done, limit);
    });
  }

  async storeDetails(
    scope: FleetScope,
    workers: readonly Worker[],
    batch: DetailsBatch,
  ): Promise<ListingCounts> {
    return guarded(() => inTransaction(this.client, (tx) => storeDetails(tx, scope, workers, batch)));
  }

  /**
   * Creating a partition locks the whole table, so it is done beforehand, in a statement of its own. Returns when the
   * snapshot started, ms since the epoch.
   */
  private async prepareSamples(snapshot: FleetSnapshot): Promise<number> {
    const [row] = await this.client.$queryRaw<{ started_at_ms: bigint }[]>`
      SELECT (extract(epoch FROM started_at) * 1000)::bigint AS started_at_ms,
             sync.ensure_worker_sample_partitions((started_at AT TIME ZONE 'UTC')::date,
                                                   (started_at AT TIME ZONE 'UTC')::date + 1)
        FROM pool.worker_snapshots WHERE snapshot_id = ${snapshot.snapshotId}::bigint`;
    if (row === undefined) throw new KpoolError('broken-promise', 'A snapshot under way is not recorded.');
    return Number(row.started_at_ms);
  }

  private async complete(tx: Queryable, snapshot: LandingSnapshot, landing: FleetLanding): Promise<number> {
    await openPresence(tx, snapshot);
    const removed = await removeMissing(tx, snapshot, landing.unreadableWorkers);
    await addSnapshot(tx, snapshot);
    await noteInactive(tx, snapshot);
    await completeSnapshot(tx, snapshot.snapshotId);
    return removed;
  }

  private async advance(tx: Transaction, scope: FleetScope, landing: FleetLanding): Promise<void> {
    const now = await readInstant(tx);
    await tx.cursor.updateMany({
      where: cursorOf(scope),
      data: {
        version: { increment: 1 },
        ...(landing.staged > 0 ? { lastLifeAt: now } : {}),
        ...(landing.totalCompared ? { countsComparedAt: now } : {}),
      },
    });
  }
}
