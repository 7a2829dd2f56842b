// Raw SQL: figures are computed in the database, from bulk rows.
import { DAY_MS, startOfUtcDay } from '../../core/day';
import type { AccountId, Puid } from '../../domain/ids';
import { inTransaction } from '../client';
import { guarded } from '../../core/postgres/errors';
import { Prisma, type PrismaClient } from '../generated/client';
import { epochMs, pgInstant } from '../instants';
import { ensureCursor, lockCursor } from '../cursors';
import { computeDay, computeHour } from './figures';
import { isOfFleet, type FleetKey } from './fleet-key';
import { joinLarge } from './landing';

export interface Recomputed {
  readonly fleets: number;
  readonly hours: number;
  readonly days: number;
  /** Hours whose samples are past their retention: their figures stay as they are. */
  readonly hoursKept: number;
}

interface HourRow {
  hour_ms: bigint;
  has_samples: boolean;
}

/**
 * Recomputes the figures of all fleets for the hours and days that `[fromMs, toMs)` touches: hours from samples and
 * snapshots where these are still kept, and days from their hours. Each hour is a transaction of its own, so that a
 * snapshot that lands meanwhile waits only briefly. After an interruption, run it again.
 */
export async function recomputeFleet(
  client: PrismaClient,
  span: { readonly fromMs: number; readonly toMs: number },
  onProgress: (done: Recomputed) => void = () => undefined,
): Promise<Recomputed> {
  const fromMs = startOfUtcDay(span.fromMs);
  const toMs = startOfUtcDay(span.toMs + DAY_MS - 1);
  let done: Recomputed = { fleets: 0, hours: 0, days: 0, hoursKept: 0 };
  for (const key of await guarded(() => findFleets(client, fromMs, toMs))) {
    const hours = await guarded(() => findHours(client, key, fromMs, toMs));
    for (const { hour_ms, has_samples } of hours) {
      if (has_samples) await underLock(client, key, (tx) => computeHour(tx, key, Number(hour_ms)));
      done = has_samples ? { ...done, hours: done.hours + 1 } : { ...done, hoursKept: done.hoursKept + 1 };
      onProgress(done);
    }
    for (const dayMs of new Set(hours.map(({ hour_ms }) => startOfUtcDay(Number(hour_ms))))) {
      await underLock(client, key, (tx) => computeDay(tx, key, dayMs));
      done = { ...done, days: done.days + 1 };
    }
    done = { ...done, fleets: done.fleets + 1 };
    onProgress(done);
  }
  return done;
}

/** A landing snapshot locks the same row, so that neither sees a half-computed hour of the other. */
async function underLock(
  client: PrismaClient,
  key: FleetKey,
  work: (tx: Parameters<typeof computeHour>[0]) => Promise<void>,
): Promise<void> {
  const scope = { ...key, stream: 'workers' } as const;
  await guarded(() =>
    inTransaction(client, async (tx) => {
      await ensureCursor(tx, scope);
      await lockCursor(tx, scope);
      await joinLarge(tx);
      await work(tx);
    }),
  );
}

async function findFleets(client: PrismaClient, fromMs: number, toMs: number): Promise<FleetKey[]> {
  const rows = await client.$queryRaw<{ account_id: number; puid: bigint; algo: string }[]>`
    SELECT s.account_id, f.puid, f.algo
      FROM (SELECT puid, algo FROM pool.worker_snapshots
     WHERE started_at >= ${pgInstant(fromMs)}::timestamptz AND started_at < ${pgInstant(toMs)}::timestamptz
             UNION
            SELECT puid, algo FROM report.fleet_hour_totals
     WHERE hour >= ${pgInstant(fromMs)}::timestamptz AND hour < ${pgInstant(toMs)}::timestamptz) AS f
      JOIN pool.sub_accounts s USING (puid)
     ORDER BY f.puid, f.algo`;
  return rows.map((row) => ({
    accountId: row.account_id as AccountId,
    puid: row.puid as Puid,
    algo: row.algo,
  }));
}

/** Hours with a snapshot or with figures, and whether the day's samples are still kept. */
async function findHours(
  client: PrismaClient,
  key: FleetKey,
  fromMs: number,
  toMs: number,
): Promise<HourRow[]> {
  return client.$queryRaw<HourRow[]>`
    WITH hours AS (
      SELECT date_trunc('hour', started_at, 'UTC') AS hour FROM pool.worker_snapshots t
       WHERE ${isOfFleet(key)} AND completed_at IS NOT NULL
         AND started_at >= ${pgInstant(fromMs)}::timestamptz AND started_at < ${pgInstant(toMs)}::timestamptz
       UNION
      SELECT hour FROM report.fleet_hour_totals t
       WHERE ${isOfFleet(key)} AND hour >= ${pgInstant(fromMs)}::timestamptz AND hour < ${pgInstant(toMs)}::timestamptz
    )
    SELECT ${epochMs(Prisma.sql`hour`)} AS hour_ms,
           to_regclass('pool_parts.worker_samples_' || to_char(hour AT TIME ZONE 'UTC', 'YYYYMMDD')) IS NOT NULL
             AS has_samples
      FROM hours ORDER BY hour`;
}
