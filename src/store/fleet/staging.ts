// Workers are set aside page by page until their snapshot lands (`sync.staged_workers`): a fleet need not fit into memory.
// Raw SQL: workers are written in bulk.
import { guarded } from '../../core/postgres/errors';
import type { Worker, WorkerStatus } from '../../domain/entities';
import type { FleetSnapshot, PackedWorkers } from '../../domain/fleet/fleet-snapshot';
import type { WorkerId } from '../../domain/ids';
import type { FleetScope } from '../../domain/scope';
import type { Queryable, Transaction } from '../client';
import { Prisma, type PrismaClient } from '../generated/client';
import { isOfFleet } from './fleet-key';
import { packWorkers, unpacked } from './packed-workers';

/** The status of a worker that only the list of all workers holds. */
const UNLISTED_STATUS: WorkerStatus = '';

/** The methods of the port `FleetStore` (src/sync/ports/fleet-ports.ts) that stage workers. */
export function createStaging(client: PrismaClient) {
  return {
    packWorkers,

    async stageWorkers(
      { snapshotId }: FleetSnapshot,
      status: WorkerStatus,
      pages: readonly PackedWorkers[],
      ageMs: number,
    ): Promise<void> {
      await guarded(() => stagePages(client, snapshotId, status, { pages, ageMs }));
    },

    async stageUnlisted(
      { snapshotId }: FleetSnapshot,
      pages: readonly PackedWorkers[],
      ageMs: number,
    ): Promise<number> {
      const staged = insertStaged(snapshotId, UNLISTED_STATUS, { pages, ageMs });
      if (staged === null) return 0;
      return guarded(() => client.$executeRaw`${staged} ON CONFLICT (snapshot_id, worker_id) DO NOTHING`);
    },

    async assumeStatus({ snapshotId }: FleetSnapshot, status: WorkerStatus): Promise<void> {
      await guarded(
        () => client.$executeRaw`
          UPDATE sync.staged_workers SET status = ${status}::text, conflicting = false
           WHERE snapshot_id = ${snapshotId}::bigint AND conflicting AND status = ${UNLISTED_STATUS}`,
      );
    },

    async countStaged({ snapshotId }: FleetSnapshot): Promise<number> {
      return guarded(() => countStaged(client, snapshotId));
    },

    async findUnresolved(
      scope: FleetScope,
      { snapshotId }: FleetSnapshot,
      limit: number,
    ): Promise<WorkerId[]> {
      return guarded(() => findUnresolved(client, scope, snapshotId, limit));
    },

    async resolveWorker(
      { snapshotId }: FleetSnapshot,
      workerId: WorkerId,
      worker: Worker | null,
    ): Promise<void> {
      await guarded(() => resolveStaged(client, { snapshotId, workerId }, worker));
    },

    async dropSnapshot({ snapshotId }: FleetSnapshot): Promise<void> {
      await guarded(() => dropStaged(client, snapshotId));
    },
  };
}

/** Workers as they were served, each once, `ageMs` ago. */
interface ServedWorkers {
  readonly pages: readonly PackedWorkers[];
  readonly ageMs: number;
}

/** A worker already staged with another status is marked as conflicting and gets the newer status. */
async function stagePages(
  db: Queryable,
  snapshotId: bigint,
  status: WorkerStatus,
  served: ServedWorkers,
): Promise<void> {
  const staged = insertStaged(snapshotId, status, served);
  if (staged === null) return;
  await db.$executeRaw`
    ${staged}
        ON CONFLICT (snapshot_id, worker_id) DO UPDATE
           SET worker_name = excluded.worker_name, real_hash_rate_hps = excluded.real_hash_rate_hps,
               hour_hash_rate_hps = excluded.hour_hash_rate_hps, day_hash_rate_hps = excluded.day_hash_rate_hps,
               hash_unit = excluded.hash_unit, reject_rate = excluded.reject_rate,
               last_share_at = excluded.last_share_at, status = excluded.status, extra = excluded.extra,
               seen_at = excluded.seen_at, conflicting = s.status <> ${UNLISTED_STATUS} AND (s.conflicting OR s.status <> excluded.status)`;
}

/** Workers with two statuses or none, then those that were last seen active and are in no list. */
async function findUnresolved(
  db: Queryable,
  scope: FleetScope,
  snapshotId: bigint,
  limit: number,
): Promise<WorkerId[]> {
  const rows = await db.$queryRaw<{ worker_id: bigint }[]>`
    (SELECT worker_id FROM sync.staged_workers WHERE snapshot_id = ${snapshotId}::bigint AND conflicting
      ORDER BY worker_id LIMIT ${limit}::integer)
     UNION ALL
    (SELECT worker_id FROM pool.workers t
      WHERE ${isOfFleet(scope)} AND removed_at IS NULL AND status = 'ACTIVE'
        AND NOT EXISTS (SELECT FROM sync.staged_workers s
                         WHERE s.snapshot_id = ${snapshotId}::bigint AND s.worker_id = t.worker_id)
      ORDER BY worker_id LIMIT ${limit}::integer)
     LIMIT ${limit}::integer`;
  return rows.map((row) => row.worker_id as WorkerId);
}

async function resolveStaged(
  client: PrismaClient,
  where: { readonly snapshotId: bigint; readonly workerId: WorkerId },
  worker: Worker | null,
): Promise<void> {
  if (worker === null) {
    await client.stagedWorker.deleteMany({ where });
    return;
  }
  const served = { pages: [packWorkers([worker])], ageMs: 0 };
  await stagePages(client, where.snapshotId, worker.status ?? '', served);
  await client.stagedWorker.updateMany({ where, data: { conflicting: false } });
}

/** The INSERT, to be followed by what to do with workers staged before; null where there is nothing to insert. */
function insertStaged(
  snapshotId: bigint,
  status: WorkerStatus,
  { pages, ageMs }: ServedWorkers,
): Prisma.Sql | null {
  const filled = pages.filter(({ count }) => count > 0);
  if (filled.length === 0) return null;
  return Prisma.sql`
    INSERT INTO sync.staged_workers AS s (snapshot_id, worker_id, worker_name, real_hash_rate_hps, hour_hash_rate_hps,
           day_hash_rate_hps, hash_unit, reject_rate, last_share_at, status, extra, seen_at, conflicting)
    SELECT ${snapshotId}::bigint, u.worker_id, u.worker_name, u.real_hash_rate_hps, u.hour_hash_rate_hps,
           u.day_hash_rate_hps, u.hash_unit, u.reject_rate, u.last_share_at, ${status}::text, u.extra,
           sync.now() - ${ageMs}::float8 * interval '1 millisecond', ${status === UNLISTED_STATUS}
      FROM ${unpacked(filled)}`;
}

/** How many workers a snapshot has staged. */
export async function countStaged(db: Transaction, snapshotId: bigint): Promise<number> {
  return db.stagedWorker.count({ where: { snapshotId } });
}

/** Deletes what a snapshot has staged. */
export async function dropStaged(db: Transaction, snapshotId: bigint): Promise<void> {
  await db.stagedWorker.deleteMany({ where: { snapshotId } });
}
