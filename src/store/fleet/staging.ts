// Raw SQL: workers are written in bulk.
import type { Worker, WorkerStatus } from '../../domain/entities';
import type { PackedWorkers } from '../../domain/fleet-snapshot';
import type { WorkerId } from '../../domain/ids';
import type { Queryable, Transaction } from '../client';
import { Prisma } from '../generated/client';
import { readInstant } from '../instants';
import { isOfFleet, type FleetKey } from './fleet-key';
import { packWorkers, unpacked } from './packed-workers';

/** The status of a worker that only the list of all workers holds. */
const UNLISTED_STATUS: WorkerStatus = '';

/**
 * Stages workers that were served `ageMs` ago, each once. A worker already staged with another status is marked as
 * conflicting and gets the newer status.
 */
export async function stagePages(
  db: Queryable,
  snapshotId: bigint,
  status: WorkerStatus,
  pages: readonly PackedWorkers[],
  ageMs = 0,
): Promise<void> {
  const filled = pages.filter(({ count }) => count > 0);
  if (filled.length === 0) return;
  await db.$executeRaw`
    ${insertStaged(snapshotId, status, filled, ageMs)}
        ON CONFLICT (snapshot_id, worker_id) DO UPDATE
           SET worker_name = excluded.worker_name, real_hash_rate_hps = excluded.real_hash_rate_hps,
               hour_hash_rate_hps = excluded.hour_hash_rate_hps, day_hash_rate_hps = excluded.day_hash_rate_hps,
               hash_unit = excluded.hash_unit, reject_rate = excluded.reject_rate,
               last_share_at = excluded.last_share_at, status = excluded.status, extra = excluded.extra,
               seen_at = excluded.seen_at, conflicting = s.status <> ${UNLISTED_STATUS} AND (s.conflicting OR s.status <> excluded.status)`;
}

/** Stages workers that are not yet staged, without a status and marked as conflicting. Returns how many. */
export async function stageUnlisted(
  db: Queryable,
  snapshotId: bigint,
  pages: readonly PackedWorkers[],
  ageMs: number,
): Promise<number> {
  const filled = pages.filter(({ count }) => count > 0);
  if (filled.length === 0) return 0;
  return db.$executeRaw`${insertStaged(snapshotId, UNLISTED_STATUS, filled, ageMs)} ON CONFLICT (snapshot_id, worker_id) DO NOTHING`;
}

/** Sets the status of workers staged without one. */
export async function assumeStatus(db: Queryable, snapshotId: bigint, status: WorkerStatus): Promise<void> {
  await db.$executeRaw`
    UPDATE sync.staged_workers SET status = ${status}::text, conflicting = false
     WHERE snapshot_id = ${snapshotId}::bigint AND conflicting AND status = ${UNLISTED_STATUS}`;
}

function insertStaged(
  snapshotId: bigint,
  status: WorkerStatus,
  pages: readonly PackedWorkers[],
  ageMs: number,
): Prisma.Sql {
  return Prisma.sql`
    INSERT INTO sync.staged_workers AS s (snapshot_id, worker_id, worker_name, real_hash_rate_hps, hour_hash_rate_hps,
           day_hash_rate_hps, hash_unit, reject_rate, last_share_at, status, extra, seen_at, conflicting)
    SELECT ${snapshotId}::bigint, u.worker_id, u.worker_name, u.real_hash_rate_hps, u.hour_hash_rate_hps,
           u.day_hash_rate_hps, u.hash_unit, u.reject_rate, u.last_share_at, ${status}::text, u.extra,
           sync.now() - ${ageMs}::float8 * interval '1 millisecond', ${status === UNLISTED_STATUS}
      FROM ${unpacked(pages)}`;
}

/** Resolves a conflicting worker to its state, or removes it if it does not exist. */
export async function resolveStaged(
  db: Queryable,
  snapshotId: bigint,
  workerId: WorkerId,
  worker: Worker | null,
): Promise<void> {
  if (worker === null) {
    await db.$executeRaw`
      DELETE FROM sync.staged_workers WHERE snapshot_id = ${snapshotId}::bigint AND worker_id = ${workerId}::bigint`;
    return;
  }
  await stagePages(db, snapshotId, worker.status ?? '', [packWorkers([worker])]);
  await db.$executeRaw`
    UPDATE sync.staged_workers SET conflicting = false
     WHERE snapshot_id = ${snapshotId}::bigint AND worker_id = ${workerId}::bigint`;
}

/** Workers with two statuses or none, then those that were last seen active and are in no list. */
export async function findUnresolved(
  db: Queryable,
  key: FleetKey,
  snapshotId: bigint,
  limit: number,
): Promise<WorkerId[]> {
  const rows = await db.$queryRaw<{ worker_id: bigint }[]>`
    (SELECT worker_id FROM sync.staged_workers WHERE snapshot_id = ${snapshotId}::bigint AND conflicting
      ORDER BY worker_id LIMIT ${limit}::integer)
     UNION ALL
    (SELECT worker_id FROM pool.workers t
      WHERE ${isOfFleet(key)} AND removed_at IS NULL AND status = 'ACTIVE'
        AND NOT EXISTS (SELECT FROM sync.staged_workers s
                         WHERE s.snapshot_id = ${snapshotId}::bigint AND s.worker_id = t.worker_id)
      ORDER BY worker_id LIMIT ${limit}::integer)
     LIMIT ${limit}::integer`;
  return rows.map((row) => row.worker_id as WorkerId);
}

export async function countStaged(db: Transaction, snapshotId: bigint): Promise<number> {
  return db.stagedWorker.count({ where: { snapshotId } });
}

export async function dropStaged(db: Transaction, snapshotId: bigint): Promise<void> {
  await db.stagedWorker.deleteMany({ where: { snapshotId } });
}

/** Records a snapshot in progress. Returns its number. */
export async function insertSnapshot(db: Transaction, { puid, algo }: FleetKey): Promise<bigint> {
  const startedAt = await readInstant(db);
  const { snapshotId } = await db.workerSnapshot.create({ data: { puid, algo, startedAt } });
  return snapshotId;
}
