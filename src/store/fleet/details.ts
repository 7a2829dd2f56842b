// Raw SQL: workers are written in bulk, and the next ones are found in one statement.
import { KpoolError } from '../../core/errors';
import { guarded } from '../../core/postgres/errors';
import type { Worker } from '../../domain/entities';
import type { DetailsBatch } from '../../domain/fleet/fleet-snapshot';
import type { AccountId, WorkerId } from '../../domain/ids';
import type { ListingCounts } from '../../domain/row-counts';
import type { FleetScope } from '../../domain/scope';
import { inTransaction, type Queryable, type Transaction } from '../client';
import { epochMs, pgInstant } from '../instants';
import { advanceCursorFrom, ensureCursor, lockCursor } from '../cursors';
import { Prisma, type PrismaClient } from '../generated/client';
import { cursorOf, isOfScope } from '../scope-key';
import { isOfFleet } from './fleet-key';
import { packWorkers, unpacked } from './packed-workers';

interface Candidate {
  worker_id: bigint;
  is_urgent: boolean;
  version: bigint;
  position: bigint | null;
  now_ms: bigint;
}

/** The methods of the port `FleetStore` (src/sync/ports/fleet-ports.ts) that concern the details of single workers. */
export function createDetails(client: PrismaClient) {
  return {
    /** How many workers each sub-account and algorithm of an account has; those without workers are left out. */
    async findFleetSizes(accountId: AccountId): Promise<number[]> {
      const rows = await guarded(
        () => client.$queryRaw<{ workers: bigint }[]>`
          SELECT count(*) AS workers FROM pool.workers w JOIN pool.sub_accounts s USING (puid)
           WHERE s.account_id = ${accountId}::smallint AND w.removed_at IS NULL GROUP BY w.puid, w.algo`,
      );
      return rows.map(({ workers }) => Number(workers));
    },

    async findNextDetails(
      scope: FleetScope,
      done: ReadonlySet<WorkerId>,
      limit: number,
    ): Promise<DetailsBatch> {
      return guarded(async () => {
        await ensureCursor(client, scope);
        return readNextDetails(client, scope, done, limit);
      });
    },

    async storeDetails(
      scope: FleetScope,
      workers: readonly Worker[],
      batch: DetailsBatch,
    ): Promise<ListingCounts> {
      return guarded(() => inTransaction(client, (tx) => writeDetails(tx, scope, workers, batch)));
    },
  };
}

/**
 * Workers that are new since the last run or missing from the last snapshot, then those after the position of the
 * round. Workers in `done` are left out.
 */
async function readNextDetails(
  db: Queryable,
  scope: FleetScope,
  done: ReadonlySet<WorkerId>,
  limit: number,
): Promise<DetailsBatch> {
  const rows = await db.$queryRaw<Candidate[]>`
    WITH cursor AS (SELECT version, position, coalesce(last_cycle_at, '-infinity') AS last_cycle_at
                      FROM sync.cursors WHERE ${isOfScope(scope)}),
    urgent AS (
      SELECT t.worker_id FROM sync.worker_presence t, cursor
       WHERE ${isOfFleet(scope)} AND t.to_at IS NULL AND cursor.last_cycle_at > '-infinity'
         AND (t.from_at >= cursor.last_cycle_at OR t.missed_at IS NOT NULL)
         AND t.worker_id <> ALL (${[...done]}::bigint[])
       ORDER BY t.worker_id LIMIT ${limit}::integer
    ), round AS (
      SELECT t.worker_id FROM pool.workers t, cursor
       WHERE ${isOfFleet(scope)} AND t.removed_at IS NULL AND t.worker_id > coalesce(cursor.position, -1)
         AND t.worker_id <> ALL (${[...done]}::bigint[])
         AND NOT EXISTS (SELECT FROM urgent u WHERE u.worker_id = t.worker_id)
       ORDER BY t.worker_id LIMIT ${limit}::integer
    )
    SELECT b.worker_id, b.is_urgent, cursor.version, cursor.position, ${epochMs(Prisma.sql`sync.now()`)} AS now_ms
      FROM cursor LEFT JOIN (SELECT worker_id, true AS is_urgent FROM urgent
                              UNION ALL SELECT worker_id, false FROM round
                              ORDER BY 2 DESC, 1 LIMIT ${limit}::integer) AS b ON true`;
  const candidates = rows.filter((row) => typeof row.worker_id === 'bigint');
  const inRound = candidates.filter((row) => !row.is_urgent);
  const hasMore = candidates.length === limit;
  const [first] = rows;
  if (first === undefined) throw new KpoolError('broken-promise', 'A scope has no cursor.');
  const reached = inRound.at(-1)?.worker_id ?? first.position;
  return {
    version: first.version,
    workerIds: candidates.map((row) => row.worker_id as WorkerId),
    position: hasMore ? (reached as WorkerId | null) : null,
    askedAtMs: Number(first.now_ms),
  };
}

/** Stores details where nothing newer is known, and the round's position. Throws `sync.superseded` (P9). */
async function writeDetails(
  db: Transaction,
  scope: FleetScope,
  workers: readonly Worker[],
  batch: DetailsBatch,
): Promise<ListingCounts> {
  await advanceCursorFrom(db, scope, batch.version);
  // A landing snapshot locks this row too, so that the two never deadlock over workers.
  await lockCursor(db, { ...scope, stream: 'workers' });
  const details = packWorkers(workers);
  const changed =
    details.count === 0
      ? 0
      : await db.$executeRaw`
    UPDATE pool.workers t
       SET worker_name = u.worker_name, real_hash_rate_hps = u.real_hash_rate_hps,
           hour_hash_rate_hps = u.hour_hash_rate_hps, day_hash_rate_hps = u.day_hash_rate_hps,
           hash_unit = u.hash_unit, reject_rate = u.reject_rate, last_share_at = u.last_share_at,
           status = coalesce(u.status, t.status), extra = u.extra, last_seen_at = ${pgInstant(batch.askedAtMs)}::timestamptz
      FROM ${unpacked([details])}
     WHERE ${isOfFleet(scope)} AND t.worker_id = u.worker_id AND t.removed_at IS NULL
       AND t.last_seen_at <= ${pgInstant(batch.askedAtMs)}::timestamptz
       AND (t.worker_name, t.real_hash_rate_hps, t.hour_hash_rate_hps, t.day_hash_rate_hps, t.hash_unit, t.reject_rate,
            t.last_share_at, t.status, t.extra)
           IS DISTINCT FROM (u.worker_name, u.real_hash_rate_hps, u.hour_hash_rate_hps, u.day_hash_rate_hps,
            u.hash_unit, u.reject_rate, u.last_share_at, coalesce(u.status, t.status), u.extra)`;
  await db.cursor.updateMany({
    where: cursorOf(scope),
    data: { position: batch.position },
  });
  return { inserted: 0, changed, unchanged: details.count - changed, removed: 0, quarantined: 0 };
}
