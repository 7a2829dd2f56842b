// Raw SQL: workers are written in bulk.
import { ACTIVE } from '../../domain/fleet/worker-statuses';
import type { WorkerId } from '../../domain/ids';
import type { Queryable } from '../client';
import { fleetValues, isOfFleet, type LandingSnapshot } from './fleet-key';
import { INACTIVE_STATE_HASH } from './inactive-state';

/**
 * Turns off nested loops and JIT for the rest of the transaction. Tables that were just filled have no statistics, so
 * the planner would expect one row instead of a hundred thousand; and compiling takes longer than these statements do.
 */
export async function joinLarge(tx: Queryable): Promise<void> {
  await tx.$executeRaw`SELECT set_config('enable_nestloop', 'off', true), set_config('jit', 'off', true)`;
}

/**
 * Updates the workers to what the snapshot saw. Unchanged rows are not rewritten, except that `last_seen_at` moves once
 * an hour; nothing overwrites a later observation (P9).
 */
export async function mergeWorkers(
  db: Queryable,
  { key, snapshotId, startedAt }: LandingSnapshot,
): Promise<{ inserted: number; changed: number }> {
  const changed = await db.$executeRaw`
    UPDATE pool.workers t
       SET worker_name = s.worker_name, real_hash_rate_hps = s.real_hash_rate_hps,
           hour_hash_rate_hps = s.hour_hash_rate_hps, day_hash_rate_hps = s.day_hash_rate_hps,
           hash_unit = s.hash_unit, reject_rate = s.reject_rate, last_share_at = s.last_share_at, status = s.status,
           extra = s.extra, last_seen_at = s.seen_at, removed_at = NULL
      FROM sync.staged_workers s
     WHERE ${isOfFleet(key)} AND s.snapshot_id = ${snapshotId}::bigint AND s.worker_id = t.worker_id
       AND s.seen_at >= t.last_seen_at
       AND (t.removed_at IS NOT NULL
            OR (t.worker_name, t.real_hash_rate_hps, t.hour_hash_rate_hps, t.day_hash_rate_hps, t.hash_unit,
                t.reject_rate, t.last_share_at, t.status, t.extra)
               IS DISTINCT FROM (s.worker_name, s.real_hash_rate_hps, s.hour_hash_rate_hps, s.day_hash_rate_hps,
                s.hash_unit, s.reject_rate, s.last_share_at, s.status, s.extra))`;
  const inserted = await db.$executeRaw`
    INSERT INTO pool.workers (puid, algo, worker_id, worker_name, real_hash_rate_hps, hour_hash_rate_hps,
           day_hash_rate_hps, hash_unit, reject_rate, last_share_at, status, extra, first_seen_at, last_seen_at)
    SELECT ${fleetValues(key)}, s.worker_id, s.worker_name, s.real_hash_rate_hps, s.hour_hash_rate_hps,
           s.day_hash_rate_hps, s.hash_unit, s.reject_rate, s.last_share_at, s.status, s.extra,
           ${startedAt}::timestamptz, s.seen_at
      FROM sync.staged_workers s
     WHERE s.snapshot_id = ${snapshotId}::bigint
       AND NOT EXISTS (SELECT FROM pool.workers t WHERE ${isOfFleet(key)} AND t.worker_id = s.worker_id)`;
  // `last_seen_at` of unchanged workers moves once an hour, to spare a row version per snapshot.
  await db.$executeRaw`
    UPDATE pool.workers t SET last_seen_at = s.seen_at
      FROM sync.staged_workers s
     WHERE ${isOfFleet(key)} AND s.snapshot_id = ${snapshotId}::bigint AND s.worker_id = t.worker_id
       AND t.last_seen_at < ${startedAt}::timestamptz - interval '1 hour'`;
  return { inserted, changed };
}

/** Records the workers that are new in this snapshot: they are listed from now on. */
export async function openPresence(
  db: Queryable,
  { key, snapshotId, startedAt }: LandingSnapshot,
): Promise<void> {
  await db.$executeRaw`
    INSERT INTO sync.worker_presence (puid, algo, worker_id, from_at)
    SELECT ${fleetValues(key)}, s.worker_id, ${startedAt}::timestamptz
      FROM sync.staged_workers s
     WHERE s.snapshot_id = ${snapshotId}::bigint
       AND NOT EXISTS (SELECT FROM sync.worker_presence t
                        WHERE ${isOfFleet(key)} AND t.worker_id = s.worker_id AND t.to_at IS NULL)`;
}

/**
 * Records which workers were seen again, and the state of inactive ones: while that stays the same, no sample is added.
 */
export async function noteSeen(db: Queryable, { key, snapshotId }: LandingSnapshot): Promise<void> {
  await db.$executeRaw`
    UPDATE sync.worker_presence t
       SET missed_at = NULL, inactive_state_hash = CASE WHEN s.status <> ${ACTIVE} THEN ${INACTIVE_STATE_HASH} END
      FROM sync.staged_workers s
     WHERE ${isOfFleet(key)} AND t.to_at IS NULL AND s.snapshot_id = ${snapshotId}::bigint AND s.worker_id = t.worker_id
       AND (t.missed_at IS NOT NULL
            OR t.inactive_state_hash IS DISTINCT FROM CASE WHEN s.status <> ${ACTIVE} THEN ${INACTIVE_STATE_HASH} END)`;
}

/**
 * Marks the workers that are not in this complete snapshot: as missed, or as removed if they were also not in the
 * previous one. `sparing`: workers that unreadable rows may stand for; null spares all. Returns how many were removed.
 */
export async function removeMissing(
  db: Queryable,
  { key, snapshotId, startedAt }: LandingSnapshot,
  sparing: ReadonlySet<WorkerId> | null,
): Promise<number> {
  if (sparing === null) return 0;
  const [{ removed } = { removed: 0n }] = await db.$queryRaw<{ removed: bigint }[]>`
    WITH missing AS MATERIALIZED (
      SELECT t.worker_id, t.missed_at IS NOT NULL AND t.from_at < ${startedAt}::timestamptz AS is_gone
        FROM sync.worker_presence t
       WHERE ${isOfFleet(key)} AND t.to_at IS NULL AND t.worker_id <> ALL (${[...sparing]}::bigint[])
         AND NOT EXISTS (SELECT FROM sync.staged_workers s
                          WHERE s.snapshot_id = ${snapshotId}::bigint AND s.worker_id = t.worker_id)
    ), noted AS (
      UPDATE sync.worker_presence t
         SET to_at = CASE WHEN m.is_gone THEN ${startedAt}::timestamptz END,
             missed_at = CASE WHEN m.is_gone THEN t.missed_at ELSE ${startedAt}::timestamptz END
        FROM missing m WHERE ${isOfFleet(key)} AND t.to_at IS NULL AND t.worker_id = m.worker_id
    ), removed AS (
      UPDATE pool.workers t SET removed_at = ${startedAt}::timestamptz
        FROM missing m
       WHERE m.is_gone AND ${isOfFleet(key)} AND t.worker_id = m.worker_id AND t.removed_at IS NULL
    )
    SELECT count(*) AS removed FROM missing WHERE is_gone`;
  return Number(removed);
}

/** Marks the snapshot as complete, with how many workers it found in each status. */
export async function completeSnapshot(db: Queryable, snapshotId: bigint): Promise<void> {
  await db.$executeRaw`
    WITH found AS (
      SELECT count(*) FILTER (WHERE status = 'ACTIVE') AS active, count(*) FILTER (WHERE status = 'INACTIVE') AS inactive,
             count(*) FILTER (WHERE status = 'INVALID') AS invalid, count(*) AS workers
        FROM sync.staged_workers WHERE snapshot_id = ${snapshotId}::bigint
    )
    UPDATE pool.worker_snapshots
       SET completed_at = sync.now(), active_workers = active, inactive_workers = inactive,
           invalid_workers = invalid, other_workers = workers - active - inactive - invalid
      FROM found WHERE snapshot_id = ${snapshotId}::bigint`;
}

/**
 * Marks the workers of sub-accounts that the pool no longer lists as removed: no snapshot visits them. Returns how
 * many.
 */
export async function removeWithSubAccounts(db: Queryable): Promise<number> {
  await db.$executeRaw`
    UPDATE sync.worker_presence t SET to_at = s.removed_at
      FROM pool.sub_accounts s
     WHERE s.puid = t.puid AND t.to_at IS NULL AND s.removed_at > t.from_at`;
  return db.$executeRaw`
    UPDATE pool.workers t SET removed_at = s.removed_at
      FROM pool.sub_accounts s
     WHERE s.puid = t.puid AND t.removed_at IS NULL AND s.removed_at IS NOT NULL`;
}
