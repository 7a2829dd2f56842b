// Raw SQL: rows are deleted in bulk, and partitions are made and dropped by functions of the database.
import { DAY_MS, startOfUtcDay } from '../core/day';
import type { KeepDays } from '../core/keep-days';
import { guarded } from '../core/postgres/errors';
import { inTransaction } from './client';
import { removeWithSubAccounts } from './fleet/landing';
import type { PrismaClient } from './generated/client';
import { Prisma } from './generated/client';
import { pgInstant } from './instants';

/** Partitions made and dropped, and rows deleted, by one call. */
export interface Retained {
  readonly samplePartitionsMade: number;
  readonly samplePartitionsDropped: number;
  readonly hourlyRows: number;
  readonly dailyRows: number;
  readonly snapshots: number;
  readonly runs: number;
  readonly certificates: number;
}

/** Partitions created ahead, so that no snapshot has to create one. */
const DAYS_AHEAD = 7;
/** Rows per statement: few enough not to block others for long. */
const PRUNE_BATCH_ROWS = 20_000;
/** Statements per table and call: the rest waits for the next day. */
const MAX_BATCHES = 5_000;
/** A snapshot as old as this is no longer in progress. */
const ABANDONED_AFTER_MS = DAY_MS;

/**
 * Creates the partitions of the coming days, removes the workers of sub-accounts that are gone, and deletes history
 * past its retention: samples by whole days; figures, snapshots, runs and certificates by row. Ledger rows are never
 * deleted (P4). Run it daily; each statement commits on its own, so it can be stopped anywhere.
 */
export async function enforceRetention(
  client: PrismaClient,
  keepDays: KeepDays,
  nowMs: number,
): Promise<Retained> {
  const today = startOfUtcDay(nowMs);
  const cutoffOf = (days: number | null): string | null =>
    days === null ? null : pgInstant(today - days * DAY_MS);
  const [samples, hourly, daily, runs] = [
    cutoffOf(keepDays.workerSamples),
    cutoffOf(keepDays.workerHourly),
    cutoffOf(keepDays.workerDaily),
    cutoffOf(keepDays.runs),
  ];
  const prune = (table: Prisma.Sql, condition: Prisma.Sql): Promise<number> =>
    deleteInBatches(client, table, condition);
  return guarded(async () => {
    const partitions = await keepPartitions(client, today, samples);
    await inTransaction(client, removeWithSubAccounts);
    await dropAbandonedSnapshots(client, pgInstant(nowMs - ABANDONED_AFTER_MS));
    let [hourlyRows, dailyRows, snapshots, runRows, certificates] = [0, 0, 0, 0, 0];
    if (hourly !== null) {
      hourlyRows = await prune(Prisma.sql`pool.worker_hourly`, Prisma.sql`hour < ${hourly}::timestamptz`);
      await prune(Prisma.sql`report.fleet_hour_totals`, Prisma.sql`hour < ${hourly}::timestamptz`);
      snapshots = await prune(
        Prisma.sql`pool.worker_snapshots`,
        Prisma.sql`started_at < ${hourly}::timestamptz`,
      );
      await prune(Prisma.sql`sync.worker_presence`, Prisma.sql`to_at < ${hourly}::timestamptz`);
    }
    if (daily !== null) {
      const from = Prisma.sql`(${daily}::timestamptz AT TIME ZONE 'UTC')::date`;
      dailyRows = await prune(Prisma.sql`pool.worker_daily`, Prisma.sql`day < ${from}`);
      await prune(Prisma.sql`report.fleet_day_totals`, Prisma.sql`day_utc < ${from}`);
      await prune(Prisma.sql`sync.reject_days`, Prisma.sql`day < ${from}`);
      await prune(Prisma.sql`sync.worker_weeks`, Prisma.sql`week < ${from}::date - 6`);
    }
    if (runs !== null) {
      runRows = await prune(Prisma.sql`sync.runs`, Prisma.sql`started_at < ${runs}::timestamptz`);
      certificates = await prune(
        Prisma.sql`sync.certificates`,
        // A certificate that still describes its window is not history.
        Prisma.sql`observed_at < ${runs}::timestamptz AND NOT EXISTS (
          SELECT FROM sync.windows w
           WHERE (w.stream, w.puid, w.algo, w.from_at) = (certificates.stream, certificates.puid, certificates.algo, certificates.from_at)
             AND (w.to_at, w.content_hash) = (certificates.to_at, certificates.content_hash))`,
      );
    }
    return { ...partitions, hourlyRows, dailyRows, snapshots, runs: runRows, certificates };
  });
}

async function keepPartitions(
  client: PrismaClient,
  today: number,
  samplesFrom: string | null,
): Promise<{ samplePartitionsMade: number; samplePartitionsDropped: number }> {
  const [made] = await client.$queryRaw<{ count: number }[]>`
    SELECT sync.ensure_worker_sample_partitions((${pgInstant(today)}::timestamptz AT TIME ZONE 'UTC')::date,
             (${pgInstant(today + (DAYS_AHEAD + 1) * DAY_MS)}::timestamptz AT TIME ZONE 'UTC')::date) AS count`;
  if (samplesFrom === null) return { samplePartitionsMade: made?.count ?? 0, samplePartitionsDropped: 0 };
  const [dropped] = await client.$queryRaw<{ count: number }[]>`
    SELECT sync.drop_worker_sample_partitions((${samplesFrom}::timestamptz AT TIME ZONE 'UTC')::date) AS count`;
  return { samplePartitionsMade: made?.count ?? 0, samplePartitionsDropped: dropped?.count ?? 0 };
}

/** Deletes rows that were staged by snapshots whose process died. */
async function dropAbandonedSnapshots(client: PrismaClient, before: string): Promise<void> {
  await client.$executeRaw`
    DELETE FROM sync.staged_workers s
     WHERE NOT EXISTS (SELECT FROM pool.worker_snapshots p
                        WHERE p.snapshot_id = s.snapshot_id AND p.completed_at IS NULL AND p.started_at >= ${before}::timestamptz)`;
}

async function deleteInBatches(client: PrismaClient, table: Prisma.Sql, isOld: Prisma.Sql): Promise<number> {
  let deleted = 0;
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const count = await client.$executeRaw`
      DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE ${isOld} LIMIT ${PRUNE_BATCH_ROWS}::integer))`;
    deleted += count;
    if (count < PRUNE_BATCH_ROWS) return deleted;
  }
  return deleted;
}
