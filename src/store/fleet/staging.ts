import type { Worker, WorkerStatus } from '../../domain/entities';
import type { WorkerId } from '../../domain/ids';
import type { Queryable } from '../client';
import { Prisma } from '../generated/client';
import { pgInstantOrNull } from '../instants';
import { fleetValues, isOfFleet, type FleetKey } from './fleet-key';

/**
 * Workers as rows of one JSON parameter: through Prisma a third of the work of an array per column. Numbers travel as
 * text, digit for digit.
 */
export function recordsOf(workers: readonly Worker[]): Prisma.Sql {
  const records = workers.map((worker) => ({
    i: String(worker.workerId),
    n: worker.workerName,
    r: worker.realHps ?? undefined,
    h: worker.hourHps ?? undefined,
    d: worker.dayHps ?? undefined,
    u: worker.hashUnit ?? undefined,
    j: worker.rejectRate ?? undefined,
    l: pgInstantOrNull(worker.lastShareAtMs) ?? undefined,
    s: worker.status ?? undefined,
    x: worker.extra ?? undefined,
  }));
  return Prisma.sql`(
    SELECT i AS worker_id, n AS worker_name, r AS real_hash_rate_hps, h AS hour_hash_rate_hps, d AS day_hash_rate_hps,
           u AS hash_unit, j AS reject_rate, l AS last_share_at, s AS status, x::jsonb AS extra
      FROM json_to_recordset(${JSON.stringify(records)}::json)
           AS u(i bigint, n text, r numeric, h numeric, d numeric, u text, j numeric, l timestamptz, s text, x text)) AS u`;
}

/** A page may hold a worker twice; a statement may write it once. The later one stands. */
export function eachOnce(workers: readonly Worker[]): Worker[] {
  return [...new Map(workers.map((worker) => [worker.workerId, worker])).values()];
}

/** Keeps workers for a pass, which were served `ageMs` ago. One that is there already with another status becomes contested; the new word stands. */
export async function stage(
  db: Queryable,
  passId: bigint,
  status: WorkerStatus,
  workers: readonly Worker[],
  ageMs = 0,
): Promise<void> {
  if (workers.length === 0) return;
  const listed = eachOnce(workers).map((worker) => ({ ...worker, status }));
  await db.$executeRaw`
    INSERT INTO sync.staged_workers AS s (pass_id, worker_id, worker_name, real_hash_rate_hps, hour_hash_rate_hps,
           day_hash_rate_hps, hash_unit, reject_rate, last_share_at, status, extra, seen_at)
    SELECT ${passId}::bigint, u.*, sync.now() - ${ageMs}::float8 * interval '1 millisecond' FROM ${recordsOf(listed)}
        ON CONFLICT (pass_id, worker_id) DO UPDATE
           SET worker_name = excluded.worker_name, real_hash_rate_hps = excluded.real_hash_rate_hps,
               hour_hash_rate_hps = excluded.hour_hash_rate_hps, day_hash_rate_hps = excluded.day_hash_rate_hps,
               hash_unit = excluded.hash_unit, reject_rate = excluded.reject_rate,
               last_share_at = excluded.last_share_at, status = excluded.status, extra = excluded.extra,
               seen_at = excluded.seen_at, contested = s.contested OR s.status <> excluded.status`;
}

/** Takes the last word on a worker: its state, or that it is not there. */
export async function settle(
  db: Queryable,
  passId: bigint,
  workerId: WorkerId,
  worker: Worker | null,
): Promise<void> {
  if (worker === null) {
    await db.$executeRaw`
      DELETE FROM sync.staged_workers WHERE pass_id = ${passId}::bigint AND worker_id = ${workerId}::bigint`;
    return;
  }
  await stage(db, passId, worker.status ?? '', [worker]);
  await db.$executeRaw`
    UPDATE sync.staged_workers SET contested = false
     WHERE pass_id = ${passId}::bigint AND worker_id = ${workerId}::bigint`;
}

/** Workers in two lists, then those that were active when last seen and are in none. */
export async function findUnsettled(
  db: Queryable,
  key: FleetKey,
  passId: bigint,
  limit: number,
): Promise<WorkerId[]> {
  const rows = await db.$queryRaw<{ worker_id: bigint }[]>`
    (SELECT worker_id FROM sync.staged_workers WHERE pass_id = ${passId}::bigint AND contested
      ORDER BY worker_id LIMIT ${limit}::integer)
     UNION ALL
    (SELECT worker_id FROM pool.workers t
      WHERE ${isOfFleet(key)} AND removed_at IS NULL AND status = 'ACTIVE'
        AND NOT EXISTS (SELECT FROM sync.staged_workers s
                         WHERE s.pass_id = ${passId}::bigint AND s.worker_id = t.worker_id)
      ORDER BY worker_id LIMIT ${limit}::integer)
     LIMIT ${limit}::integer`;
  return rows.map((row) => row.worker_id as WorkerId);
}

export async function countStaged(db: Queryable, passId: bigint): Promise<number> {
  const [row] = await db.$queryRaw<{ workers: bigint }[]>`
    SELECT count(*) AS workers FROM sync.staged_workers WHERE pass_id = ${passId}::bigint`;
  return Number(row?.workers);
}

export async function dropStaged(db: Queryable, passId: bigint): Promise<void> {
  await db.$executeRaw`DELETE FROM sync.staged_workers WHERE pass_id = ${passId}::bigint`;
}

/** Makes a pass that is under way. Returns its number. */
export async function insertPass(db: Queryable, key: FleetKey): Promise<bigint | undefined> {
  const [row] = await db.$queryRaw<{ pass_id: bigint }[]>`
    INSERT INTO pool.worker_passes (account_id, puid, algo, started_at)
    SELECT ${fleetValues(key)}, date_trunc('milliseconds', sync.now()) RETURNING pass_id`;
  return row?.pass_id;
}
