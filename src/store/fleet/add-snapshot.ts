// Raw SQL: samples and figures are written in bulk.
import { ACTIVE } from '../../domain/fleet/worker-statuses';
import { Prisma } from '../generated/client';
import type { Queryable } from '../client';
import { exactMean } from './exact-mean';
import { fleetValues, isOfFleet, type LandingSnapshot } from './fleet-key';
import { INACTIVE_STATE_HASH } from './inactive-state';
import { INSERT_SAMPLE_BLOCKS } from './sample-blocks';

/** Adds one snapshot `f` to a period `t` of a worker. */
const ADD_TO_WORKER = Prisma.sql`
       snapshots = t.snapshots + 1, active_samples = t.active_samples + f.active,
       measured_samples = t.measured_samples + f.measured,
       sum_real_hash_rate_hps = coalesce(t.sum_real_hash_rate_hps + f.hps, t.sum_real_hash_rate_hps, f.hps),
       avg_real_hash_rate_hps = ${exactMean(
         Prisma.sql`coalesce(t.sum_real_hash_rate_hps + f.hps, t.sum_real_hash_rate_hps, f.hps)`,
         Prisma.sql`t.measured_samples + f.measured`,
       )},
       min_real_hash_rate_hps = least(t.min_real_hash_rate_hps, f.hps),
       max_real_hash_rate_hps = greatest(t.max_real_hash_rate_hps, f.hps),
       last_reject_rate = coalesce(f.reject_rate, t.last_reject_rate)`;

/** Adds one snapshot to a period of the fleet as a whole. */
const ADD_TO_FLEET = Prisma.sql`DO UPDATE
  SET snapshots = old.snapshots + 1, listed_samples = old.listed_samples + excluded.listed_samples,
      active_samples = old.active_samples + excluded.active_samples,
      sum_real_hash_rate_hps = old.sum_real_hash_rate_hps + excluded.sum_real_hash_rate_hps,
      avg_real_hash_rate_hps = ${exactMean(
        Prisma.sql`old.sum_real_hash_rate_hps + excluded.sum_real_hash_rate_hps`,
        Prisma.sql`old.snapshots + 1`,
      )},
      min_real_hash_rate_hps = least(old.min_real_hash_rate_hps, excluded.min_real_hash_rate_hps),
      max_real_hash_rate_hps = greatest(old.max_real_hash_rate_hps, excluded.max_real_hash_rate_hps)`;

/**
 * Adds a sample for every worker that is active or differs from its last sample, and adds the snapshot to the hour and
 * the day of every listed worker and of the whole fleet: the same figures as `computeHour` and `computeDay` compute. A
 * snapshot without workers does not count for the whole fleet, so algorithms that nobody mines leave no trace. Call it
 * with `worker_presence` up to date and the scope locked: rows are found and updated in one pass, at half the cost of
 * an upsert.
 */
export async function addSnapshot(
  db: Queryable,
  { key, snapshotId, startedAt }: LandingSnapshot,
): Promise<void> {
  const at = Prisma.sql`${startedAt}::timestamptz`;
  const hour = Prisma.sql`date_trunc('hour', ${at}, 'UTC')`;
  const day = Prisma.sql`(${at} AT TIME ZONE 'UTC')::date`;
  await db.$executeRaw`
    WITH sampled AS MATERIALIZED (
      SELECT t.puid, t.algo, s.worker_id, ${at} AS observed_at, s.real_hash_rate_hps, s.hour_hash_rate_hps,
             s.day_hash_rate_hps, s.reject_rate, s.last_share_at, s.status
        FROM sync.staged_workers s
        JOIN sync.worker_presence t ON ${isOfFleet(key)} AND t.worker_id = s.worker_id AND t.to_at IS NULL
       WHERE s.snapshot_id = ${snapshotId}::bigint
         AND (s.status = ${ACTIVE} OR t.inactive_state_hash IS DISTINCT FROM ${INACTIVE_STATE_HASH})
    ), blocks AS (${Prisma.raw(INSERT_SAMPLE_BLOCKS)}
    ), figures AS MATERIALIZED (
      SELECT t.worker_id, coalesce(s.is_active, false)::integer AS active, (s.hps IS NOT NULL)::integer AS measured,
             s.hps, s.reject_rate
        FROM sync.worker_presence t
        LEFT JOIN (SELECT worker_id, CASE WHEN status = ${ACTIVE} THEN real_hash_rate_hps END AS hps, reject_rate,
                          status = ${ACTIVE} AS is_active
                     FROM sampled) AS s USING (worker_id)
       WHERE ${isOfFleet(key)} AND t.to_at IS NULL
    ), hours_added AS (
      UPDATE pool.worker_hourly t SET ${ADD_TO_WORKER} FROM figures f
       WHERE ${isOfFleet(key)} AND t.worker_id = f.worker_id AND t.hour = ${hour}
      RETURNING t.worker_id
    ), hours_begun AS (
      INSERT INTO pool.worker_hourly (puid, algo, worker_id, hour, snapshots, active_samples, measured_samples,
             sum_real_hash_rate_hps, avg_real_hash_rate_hps, min_real_hash_rate_hps, max_real_hash_rate_hps,
             last_reject_rate)
      SELECT ${fleetValues(key)}, worker_id, ${hour}, 1, active, measured, hps, round(hps, 6), hps, hps, reject_rate
        FROM figures f WHERE NOT EXISTS (SELECT FROM hours_added a WHERE a.worker_id = f.worker_id)
    ), days_added AS (
      UPDATE pool.worker_daily t SET ${ADD_TO_WORKER} FROM figures f
       WHERE ${isOfFleet(key)} AND t.worker_id = f.worker_id AND t.day = ${day}
      RETURNING t.worker_id
    ), days_begun AS (
      INSERT INTO pool.worker_daily (puid, algo, worker_id, day, snapshots, active_samples, measured_samples,
             sum_real_hash_rate_hps, avg_real_hash_rate_hps, min_real_hash_rate_hps, max_real_hash_rate_hps,
             last_reject_rate)
      SELECT ${fleetValues(key)}, worker_id, ${day}, 1, active, measured, hps, round(hps, 6), hps, hps, reject_rate
        FROM figures f WHERE NOT EXISTS (SELECT FROM days_added a WHERE a.worker_id = f.worker_id)
    ), fleet AS (
      SELECT count(*) AS workers, coalesce(sum(active), 0) AS active, coalesce(sum(hps), 0) AS hps FROM figures
    ), fleet_hours AS (
      INSERT INTO report.fleet_hour_totals AS old (puid, algo, hour, snapshots, listed_samples, active_samples,
             sum_real_hash_rate_hps, avg_real_hash_rate_hps, min_real_hash_rate_hps, max_real_hash_rate_hps)
      SELECT ${fleetValues(key)}, ${hour}, 1, workers, active, hps, round(hps, 6), hps, hps FROM fleet WHERE workers > 0
          ON CONFLICT (puid, algo, hour) ${ADD_TO_FLEET}
    )
    INSERT INTO report.fleet_day_totals AS old (puid, algo, day_utc, snapshots, listed_samples, active_samples,
           sum_real_hash_rate_hps, avg_real_hash_rate_hps, min_real_hash_rate_hps, max_real_hash_rate_hps)
    SELECT ${fleetValues(key)}, ${day}, 1, workers, active, hps, round(hps, 6), hps, hps FROM fleet WHERE workers > 0
        ON CONFLICT (puid, algo, day_utc) ${ADD_TO_FLEET}`;
}
