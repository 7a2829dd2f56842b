// Raw SQL: figures are computed in the database, from bulk rows.
import { millisecondsInHour } from 'date-fns/constants';
import { ACTIVE } from '../../domain/fleet/worker-statuses';
import type { Queryable } from '../client';
import { Prisma } from '../generated/client';
import { pgInstant } from '../instants';
import { exactMean } from './exact-mean';
import { fleetValues, isOfFleet, type FleetKey } from './fleet-key';

/** Columns that hours and days have in common, of a worker and of the whole fleet, in the same order everywhere. */
const WORKER_FIGURES = Prisma.sql`snapshots, active_samples, measured_samples, sum_real_hash_rate_hps,
  avg_real_hash_rate_hps, min_real_hash_rate_hps, max_real_hash_rate_hps, last_reject_rate`;
const FLEET_FIGURES = Prisma.sql`snapshots, listed_samples, active_samples, sum_real_hash_rate_hps, avg_real_hash_rate_hps,
  min_real_hash_rate_hps, max_real_hash_rate_hps`;

/** Replaces stored figures where the computed ones differ. */
const REPLACE_WORKER_FIGURES = Prisma.sql`DO UPDATE
  SET snapshots = excluded.snapshots, active_samples = excluded.active_samples, measured_samples = excluded.measured_samples,
      sum_real_hash_rate_hps = excluded.sum_real_hash_rate_hps,
      avg_real_hash_rate_hps = excluded.avg_real_hash_rate_hps,
      min_real_hash_rate_hps = excluded.min_real_hash_rate_hps,
      max_real_hash_rate_hps = excluded.max_real_hash_rate_hps, last_reject_rate = excluded.last_reject_rate`;
const REPLACE_FLEET_FIGURES = Prisma.sql`DO UPDATE
  SET snapshots = excluded.snapshots, listed_samples = excluded.listed_samples, active_samples = excluded.active_samples,
      sum_real_hash_rate_hps = excluded.sum_real_hash_rate_hps,
      avg_real_hash_rate_hps = excluded.avg_real_hash_rate_hps,
      min_real_hash_rate_hps = excluded.min_real_hash_rate_hps,
      max_real_hash_rate_hps = excluded.max_real_hash_rate_hps`;

/**
 * Recomputes an hour of a fleet, per worker and as a whole, from its samples, its completed snapshots and the periods
 * in which workers were listed. A listed worker without a sample was inactive and unchanged. Rows that are right are
 * not rewritten. The result equals what `addSnapshot` adds up, snapshot by snapshot
 * (test/integration/fleet/figures.test.ts).
 */
export async function computeHour(db: Queryable, key: FleetKey, hourMs: number): Promise<void> {
  const from = Prisma.sql`${pgInstant(hourMs)}::timestamptz`;
  const to = Prisma.sql`${pgInstant(hourMs + millisecondsInHour)}::timestamptz`;
  await db.$executeRaw`
    WITH snapshots AS MATERIALIZED (
      SELECT started_at FROM pool.worker_snapshots t
       WHERE ${isOfFleet(key)} AND completed_at IS NOT NULL AND started_at >= ${from} AND started_at < ${to}
    ), listed AS (
      SELECT worker_id, sum(snapshots)::integer AS snapshots
        FROM (SELECT t.worker_id,
                     (SELECT count(*) FROM snapshots p
                       WHERE p.started_at >= t.from_at AND (t.to_at IS NULL OR p.started_at < t.to_at)) AS snapshots
                FROM sync.worker_presence t
               WHERE ${isOfFleet(key)} AND t.from_at < ${to} AND (t.to_at IS NULL OR t.to_at > ${from})) AS presence
       WHERE snapshots > 0 GROUP BY worker_id
    ), sampled AS (
      SELECT t.worker_id, count(*) FILTER (WHERE t.status = ${ACTIVE}) AS active_samples,
             count(t.real_hash_rate_hps) FILTER (WHERE t.status = ${ACTIVE}) AS measured_samples,
             sum(t.real_hash_rate_hps) FILTER (WHERE t.status = ${ACTIVE}) AS sum_hps,
             min(t.real_hash_rate_hps) FILTER (WHERE t.status = ${ACTIVE}) AS min_hps,
             max(t.real_hash_rate_hps) FILTER (WHERE t.status = ${ACTIVE}) AS max_hps,
             (array_agg(t.reject_rate ORDER BY t.observed_at DESC) FILTER (WHERE t.reject_rate IS NOT NULL))[1]
               AS last_reject_rate
        FROM pool.worker_samples t
       WHERE ${isOfFleet(key)} AND t.observed_at >= ${from} AND t.observed_at < ${to}
       GROUP BY t.worker_id
    ), figures AS (
      SELECT l.worker_id, l.snapshots, coalesce(s.active_samples, 0)::integer AS active_samples,
             coalesce(s.measured_samples, 0)::integer AS measured_samples, s.sum_hps,
             ${exactMean(Prisma.sql`s.sum_hps`, Prisma.sql`s.measured_samples`)} AS avg_hps, s.min_hps, s.max_hps, s.last_reject_rate
        FROM listed l LEFT JOIN sampled s USING (worker_id)
    ), dropped AS (
      DELETE FROM pool.worker_hourly t
       WHERE ${isOfFleet(key)} AND t.hour = ${from} AND NOT EXISTS (SELECT FROM listed l WHERE l.worker_id = t.worker_id)
    )
    INSERT INTO pool.worker_hourly (puid, algo, worker_id, hour, ${WORKER_FIGURES})
    SELECT ${fleetValues(key)}, f.worker_id, ${from}, f.snapshots, f.active_samples, f.measured_samples, f.sum_hps,
           f.avg_hps, f.min_hps, f.max_hps, f.last_reject_rate
      FROM figures f
      LEFT JOIN pool.worker_hourly t ON ${isOfFleet(key)} AND t.worker_id = f.worker_id AND t.hour = ${from}
     WHERE (t.snapshots, t.active_samples, t.measured_samples, t.sum_real_hash_rate_hps, t.avg_real_hash_rate_hps,
            t.min_real_hash_rate_hps, t.max_real_hash_rate_hps, t.last_reject_rate)
           IS DISTINCT FROM (f.snapshots, f.active_samples, f.measured_samples, f.sum_hps, f.avg_hps, f.min_hps, f.max_hps,
            f.last_reject_rate)
        ON CONFLICT (puid, algo, worker_id, hour) ${REPLACE_WORKER_FIGURES}`;
  await computeFleetHour(db, key, hourMs);
}

/** The condition that any worker was listed during snapshot `t`. */
function hasListedWorkers(key: FleetKey): Prisma.Sql {
  return Prisma.sql`EXISTS (
    SELECT FROM sync.worker_presence s
     WHERE s.puid = ${key.puid}::bigint AND s.algo = ${key.algo}::text
       AND s.from_at <= t.started_at AND (s.to_at IS NULL OR s.to_at > t.started_at))`;
}

async function computeFleetHour(db: Queryable, key: FleetKey, hourMs: number): Promise<void> {
  const from = Prisma.sql`${pgInstant(hourMs)}::timestamptz`;
  const to = Prisma.sql`${pgInstant(hourMs + millisecondsInHour)}::timestamptz`;
  await db.$executeRaw`
    WITH by_snapshot AS (
      SELECT p.started_at, coalesce(s.hps, 0) AS hps
        FROM (SELECT started_at FROM pool.worker_snapshots t
               WHERE ${isOfFleet(key)} AND completed_at IS NOT NULL AND started_at >= ${from} AND started_at < ${to}
                 AND ${hasListedWorkers(key)}) AS p
        LEFT JOIN (SELECT t.observed_at, sum(t.real_hash_rate_hps) AS hps
                     FROM pool.worker_samples t
                    WHERE ${isOfFleet(key)} AND t.status = ${ACTIVE} AND t.observed_at >= ${from} AND t.observed_at < ${to}
                    GROUP BY t.observed_at) AS s ON s.observed_at = p.started_at
    ), workers AS (
      SELECT coalesce(sum(snapshots), 0) AS listed_samples, coalesce(sum(active_samples), 0) AS active_samples
        FROM pool.worker_hourly t WHERE ${isOfFleet(key)} AND t.hour = ${from}
    ), dropped AS (
      DELETE FROM report.fleet_hour_totals t
       WHERE ${isOfFleet(key)} AND t.hour = ${from} AND NOT EXISTS (SELECT FROM by_snapshot)
    )
    INSERT INTO report.fleet_hour_totals (puid, algo, hour, ${FLEET_FIGURES})
    SELECT ${fleetValues(key)}, ${from}, count(*), w.listed_samples, w.active_samples, sum(hps),
           ${exactMean(Prisma.sql`sum(hps)`, Prisma.sql`count(*)`)}, min(hps), max(hps)
      FROM by_snapshot, workers w GROUP BY w.listed_samples, w.active_samples
        ON CONFLICT (puid, algo, hour) ${REPLACE_FLEET_FIGURES}`;
}

/** Recomputes a day of a fleet from its hours, per worker and as a whole. */
export async function computeDay(db: Queryable, key: FleetKey, dayMs: number): Promise<void> {
  const from = Prisma.sql`${pgInstant(dayMs)}::timestamptz`;
  const to = Prisma.sql`${pgInstant(dayMs + 24 * millisecondsInHour)}::timestamptz`;
  const day = Prisma.sql`(${from} AT TIME ZONE 'UTC')::date`;
  await db.$executeRaw`
    WITH figures AS (
      SELECT t.worker_id, sum(t.snapshots)::integer AS snapshots, sum(t.active_samples)::integer AS active_samples,
             sum(t.measured_samples)::integer AS measured_samples, sum(t.sum_real_hash_rate_hps) AS sum_hps,
             ${exactMean(Prisma.sql`sum(t.sum_real_hash_rate_hps)`, Prisma.sql`sum(t.measured_samples)`)} AS avg_hps,
             min(t.min_real_hash_rate_hps) AS min_hps, max(t.max_real_hash_rate_hps) AS max_hps,
             (array_agg(t.last_reject_rate ORDER BY t.hour DESC) FILTER (WHERE t.last_reject_rate IS NOT NULL))[1]
               AS last_reject_rate
        FROM pool.worker_hourly t WHERE ${isOfFleet(key)} AND t.hour >= ${from} AND t.hour < ${to}
       GROUP BY t.worker_id
    ), dropped AS (
      DELETE FROM pool.worker_daily t
       WHERE ${isOfFleet(key)} AND t.day = ${day} AND NOT EXISTS (SELECT FROM figures f WHERE f.worker_id = t.worker_id)
    )
    INSERT INTO pool.worker_daily (puid, algo, worker_id, day, ${WORKER_FIGURES})
    SELECT ${fleetValues(key)}, f.worker_id, ${day}, f.snapshots, f.active_samples, f.measured_samples, f.sum_hps,
           f.avg_hps, f.min_hps, f.max_hps, f.last_reject_rate
      FROM figures f
      LEFT JOIN pool.worker_daily t ON ${isOfFleet(key)} AND t.worker_id = f.worker_id AND t.day = ${day}
     WHERE (t.snapshots, t.active_samples, t.measured_samples, t.sum_real_hash_rate_hps, t.avg_real_hash_rate_hps,
            t.min_real_hash_rate_hps, t.max_real_hash_rate_hps, t.last_reject_rate)
           IS DISTINCT FROM (f.snapshots, f.active_samples, f.measured_samples, f.sum_hps, f.avg_hps, f.min_hps, f.max_hps,
            f.last_reject_rate)
        ON CONFLICT (puid, algo, worker_id, day) ${REPLACE_WORKER_FIGURES}`;
  await db.$executeRaw`
    WITH figures AS (
      SELECT sum(t.snapshots)::integer AS snapshots, sum(t.listed_samples) AS listed_samples,
             sum(t.active_samples) AS active_samples, sum(t.sum_real_hash_rate_hps) AS sum_hps,
             min(t.min_real_hash_rate_hps) AS min_hps, max(t.max_real_hash_rate_hps) AS max_hps
        FROM report.fleet_hour_totals t WHERE ${isOfFleet(key)} AND t.hour >= ${from} AND t.hour < ${to}
    ), dropped AS (
      DELETE FROM report.fleet_day_totals t
       WHERE ${isOfFleet(key)} AND t.day_utc = ${day} AND (SELECT snapshots FROM figures) IS NULL
    )
    INSERT INTO report.fleet_day_totals (puid, algo, day_utc, ${FLEET_FIGURES})
    SELECT ${fleetValues(key)}, ${day}, snapshots, listed_samples, active_samples, sum_hps, ${exactMean(Prisma.sql`sum_hps`, Prisma.sql`snapshots`)},
           min_hps, max_hps
      FROM figures WHERE snapshots IS NOT NULL
        ON CONFLICT (puid, algo, day_utc) ${REPLACE_FLEET_FIGURES}`;
}
