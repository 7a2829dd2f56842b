import { ACTIVE } from '../../domain/fleet';
import type { WorkerId } from '../../domain/ids';
import type { Queryable } from '../client';
import { Prisma } from '../generated/client';
import { fleetValues, isOfFleet, type FleetKey } from './fleet-key';

/** The state of a worker while it rests, as text: equal exactly when nothing about it changed. */
const RESTING_STATE = Prisma.sql`md5(row(s.status, trim_scale(s.real_hash_rate_hps), trim_scale(s.hour_hash_rate_hps),
  trim_scale(s.day_hash_rate_hps), trim_scale(s.reject_rate), s.last_share_at)::text)`;

/** What a landing knows of its pass. */
export interface LandingPass {
  readonly key: FleetKey;
  readonly passId: bigint;
  /** `started_at` of the pass, for PostgreSQL. */
  readonly startedAt: string;
}

/**
 * Brings the workers to what the pass saw of them. Rows that are as they were are not rewritten, and nothing
 * overwrites what was seen later than the pass saw it (P9).
 */
export async function mergeWorkers(
  db: Queryable,
  { key, passId, startedAt }: LandingPass,
): Promise<{ inserted: number; changed: number }> {
  const changed = await db.$executeRaw`
    UPDATE pool.workers t
       SET worker_name = s.worker_name, real_hash_rate_hps = s.real_hash_rate_hps,
           hour_hash_rate_hps = s.hour_hash_rate_hps, day_hash_rate_hps = s.day_hash_rate_hps,
           hash_unit = s.hash_unit, reject_rate = s.reject_rate, last_share_at = s.last_share_at, status = s.status,
           extra = s.extra, last_seen_at = s.seen_at, removed_at = NULL
      FROM sync.staged_workers s
     WHERE ${isOfFleet(key)} AND s.pass_id = ${passId}::bigint AND s.worker_id = t.worker_id
       AND s.seen_at >= t.last_seen_at
       AND (t.removed_at IS NOT NULL
            OR (t.worker_name, t.real_hash_rate_hps, t.hour_hash_rate_hps, t.day_hash_rate_hps, t.hash_unit,
                t.reject_rate, t.last_share_at, t.status, t.extra)
               IS DISTINCT FROM (s.worker_name, s.real_hash_rate_hps, s.hour_hash_rate_hps, s.day_hash_rate_hps,
                s.hash_unit, s.reject_rate, s.last_share_at, s.status, s.extra))`;
  const inserted = await db.$executeRaw`
    INSERT INTO pool.workers (account_id, puid, algo, worker_id, worker_name, real_hash_rate_hps, hour_hash_rate_hps,
           day_hash_rate_hps, hash_unit, reject_rate, last_share_at, status, extra, first_seen_at, last_seen_at)
    SELECT ${fleetValues(key)}, s.worker_id, s.worker_name, s.real_hash_rate_hps, s.hour_hash_rate_hps,
           s.day_hash_rate_hps, s.hash_unit, s.reject_rate, s.last_share_at, s.status, s.extra,
           ${startedAt}::timestamptz, s.seen_at
      FROM sync.staged_workers s
     WHERE s.pass_id = ${passId}::bigint
       AND NOT EXISTS (SELECT FROM pool.workers t WHERE ${isOfFleet(key)} AND t.worker_id = s.worker_id)`;
  // `last_seen_at` of those that are as they were moves once an hour: a row version a pass would be noise.
  await db.$executeRaw`
    UPDATE pool.workers t SET last_seen_at = s.seen_at
      FROM sync.staged_workers s
     WHERE ${isOfFleet(key)} AND s.pass_id = ${passId}::bigint AND s.worker_id = t.worker_id
       AND t.last_seen_at < s.seen_at - interval '1 hour'`;
  return { inserted, changed };
}

/**
 * Adds one sample for every worker that is active, or that is not as its last sample said. Then notes who came,
 * who rests in which state, and who was seen again.
 */
export async function sampleWorkers(db: Queryable, { key, passId, startedAt }: LandingPass): Promise<void> {
  await db.$executeRaw`
    INSERT INTO sync.worker_stays (account_id, puid, algo, worker_id, from_at)
    SELECT ${fleetValues(key)}, s.worker_id, ${startedAt}::timestamptz
      FROM sync.staged_workers s
     WHERE s.pass_id = ${passId}::bigint
       AND NOT EXISTS (SELECT FROM sync.worker_stays t
                        WHERE ${isOfFleet(key)} AND t.worker_id = s.worker_id AND t.to_at IS NULL)`;
  await db.$executeRaw`
    INSERT INTO pool.worker_samples (account_id, puid, algo, worker_id, observed_at, real_hash_rate_hps,
           hour_hash_rate_hps, day_hash_rate_hps, reject_rate, last_share_at, status)
    SELECT ${fleetValues(key)}, s.worker_id, ${startedAt}::timestamptz, s.real_hash_rate_hps, s.hour_hash_rate_hps,
           s.day_hash_rate_hps, s.reject_rate, s.last_share_at, s.status
      FROM sync.staged_workers s
      JOIN sync.worker_stays t ON ${isOfFleet(key)} AND t.worker_id = s.worker_id AND t.to_at IS NULL
     WHERE s.pass_id = ${passId}::bigint
       AND (s.status = ${ACTIVE} OR t.resting_state IS DISTINCT FROM ${RESTING_STATE})`;
  await db.$executeRaw`
    UPDATE sync.worker_stays t
       SET missed_at = NULL, resting_state = CASE WHEN s.status <> ${ACTIVE} THEN ${RESTING_STATE} END
      FROM sync.staged_workers s
     WHERE ${isOfFleet(key)} AND t.to_at IS NULL AND s.pass_id = ${passId}::bigint AND s.worker_id = t.worker_id
       AND (t.missed_at IS NOT NULL
            OR t.resting_state IS DISTINCT FROM CASE WHEN s.status <> ${ACTIVE} THEN ${RESTING_STATE} END)`;
}

/**
 * Marks the workers that this complete pass does not have: missed, or removed if the one before had missed them too.
 * `sparing` may be there, unread; null spares all. Returns how many were removed.
 */
export async function removeMissing(
  db: Queryable,
  { key, passId, startedAt }: LandingPass,
  sparing: ReadonlySet<WorkerId> | null,
): Promise<number> {
  if (sparing === null) return 0;
  const isMissing = Prisma.sql`${isOfFleet(key)} AND t.to_at IS NULL AND t.worker_id <> ALL (${[...sparing]}::bigint[])
    AND NOT EXISTS (SELECT FROM sync.staged_workers s WHERE s.pass_id = ${passId}::bigint AND s.worker_id = t.worker_id)`;
  await db.$executeRaw`
    WITH gone AS (
      UPDATE sync.worker_stays t SET to_at = ${startedAt}::timestamptz
       WHERE ${isMissing} AND t.missed_at IS NOT NULL AND t.from_at < ${startedAt}::timestamptz
      RETURNING worker_id
    )
    UPDATE pool.workers t SET removed_at = ${startedAt}::timestamptz
      FROM gone WHERE ${isOfFleet(key)} AND t.worker_id = gone.worker_id AND t.removed_at IS NULL`;
  const [{ removed } = { removed: 0n }] = await db.$queryRaw<{ removed: bigint }[]>`
    SELECT count(*) AS removed FROM sync.worker_stays t
     WHERE ${isOfFleet(key)} AND t.to_at = ${startedAt}::timestamptz`;
  await db.$executeRaw`
    UPDATE sync.worker_stays t SET missed_at = ${startedAt}::timestamptz WHERE ${isMissing}`;
  return Number(removed);
}

/** Says that the pass is complete, and how many workers it found in which state. */
export async function completePass(db: Queryable, passId: bigint): Promise<void> {
  await db.$executeRaw`
    WITH found AS (
      SELECT count(*) FILTER (WHERE status = 'ACTIVE') AS active, count(*) FILTER (WHERE status = 'INACTIVE') AS inactive,
             count(*) FILTER (WHERE status = 'INVALID') AS invalid, count(*) AS workers
        FROM sync.staged_workers WHERE pass_id = ${passId}::bigint
    )
    UPDATE pool.worker_passes
       SET completed_at = sync.now(), active_workers = active, inactive_workers = inactive,
           invalid_workers = invalid, other_workers = workers - active - inactive - invalid
      FROM found WHERE pass_id = ${passId}::bigint`;
}
