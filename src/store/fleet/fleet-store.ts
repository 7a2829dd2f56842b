// Raw SQL: a snapshot begins and lands with instants of the database, to the microsecond.
import { KpoolError } from '../../core/errors';
import { guarded } from '../../core/postgres/errors';
import type { FleetLanding, FleetSnapshot } from '../../domain/fleet/fleet-snapshot';
import type { ListingCounts } from '../../domain/row-counts';
import type { FleetScope } from '../../domain/scope';
import { inTransaction, type Queryable, type Transaction } from '../client';
import { Prisma, type PrismaClient } from '../generated/client';
import { epochMs, pgInstant, readInstant } from '../instants';
import { advanceCursorFrom, ensureCursor } from '../cursors';
import { quarantineRows } from '../quarantine';
import { cursorOf, isOfScope } from '../scope-key';
import { addSnapshot } from './add-snapshot';
import { createDetails } from './details';
import { isOfFleet, type LandingSnapshot } from './fleet-key';
import { completeSnapshot, joinLarge, mergeWorkers, noteSeen, openPresence, removeMissing } from './landing';
import { countStaged, createStaging, dropStaged } from './staging';

/** From this many workers on, a landing reads whole tables instead of one worker at a time. */
const LARGE_FLEET = 500;

/** Workers, their snapshots, samples and figures: the port `FleetStore` of src/sync/ports/fleet-ports.ts. */
export function createFleetStore(client: PrismaClient) {
  return {
    ...createStaging(client),
    ...createDetails(client),
    beginSnapshot: (scope: FleetScope) => beginSnapshot(client, scope),
    landSnapshot: (scope: FleetScope, snapshot: FleetSnapshot, landing: FleetLanding) =>
      landSnapshot(client, scope, snapshot, landing),
  };
}

async function beginSnapshot(client: PrismaClient, scope: FleetScope): Promise<FleetSnapshot> {
  return guarded(async () => {
    await ensureCursor(client, scope);
    const { snapshotId } = await client.workerSnapshot.create({
      data: { puid: scope.puid, algo: scope.algo, startedAt: await readInstant(client) },
    });
    const [facts] = await client.$queryRaw<
      { version: bigint; is_first: boolean; known_workers: bigint; is_total_due: boolean }[]
    >`
      SELECT version, coalesce(counts_compared_at < sync.now() - interval '1 day', true) AS is_total_due,
             NOT EXISTS (SELECT FROM pool.worker_snapshots t WHERE ${isOfFleet(scope)} AND completed_at IS NOT NULL)
               AS is_first,
             (SELECT count(*) FROM sync.worker_presence t WHERE ${isOfFleet(scope)} AND to_at IS NULL) AS known_workers
        FROM sync.cursors WHERE ${isOfScope(scope)}`;
    if (facts === undefined) {
      throw new KpoolError('broken-promise', 'A snapshot that was just begun is not there.');
    }
    return {
      snapshotId,
      version: facts.version,
      isFirst: facts.is_first,
      knownWorkers: Number(facts.known_workers),
      isTotalDue: facts.is_total_due,
    };
  });
}

/**
 * Stores workers, samples, figures and the snapshot in one transaction. An incomplete snapshot lands the workers that
 * it saw and leaves no trace in samples and figures. Throws `sync.superseded` when another snapshot of
 * the scope landed since this one began, `sync.inconsistent` when the server lost what was staged.
 */
async function landSnapshot(
  client: PrismaClient,
  scope: FleetScope,
  snapshot: FleetSnapshot,
  landing: FleetLanding,
): Promise<ListingCounts> {
  const startedAtMs = await guarded(() => prepareSamples(client, snapshot));
  return guarded(() =>
    inTransaction(client, async (tx) => {
      await advanceCursorFrom(tx, scope, snapshot.version);
      const staged = await countStaged(tx, snapshot.snapshotId);
      if (staged !== landing.staged) {
        throw new KpoolError(
          'sync.inconsistent',
          'The database lost workers that were read (did it restart?).',
        );
      }
      if (staged >= LARGE_FLEET) await joinLarge(tx);
      const landingSnapshot = {
        key: scope,
        snapshotId: snapshot.snapshotId,
        startedAt: pgInstant(startedAtMs),
      };
      const { inserted, changed } = await mergeWorkers(tx, landingSnapshot);
      const removed = landing.isComplete ? await complete(tx, landingSnapshot, landing) : 0;
      const quarantined = await quarantineRows(tx, scope, landing.unreadable);
      await noteLanding(tx, scope, landing);
      await dropStaged(tx, snapshot.snapshotId);
      return { inserted, changed, unchanged: staged - inserted - changed, removed, quarantined };
    }),
  );
}

/**
 * Creating a partition locks the whole table, so it is done beforehand, in a statement of its own. Returns when the
 * snapshot started, ms since the epoch.
 */
async function prepareSamples(client: PrismaClient, snapshot: FleetSnapshot): Promise<number> {
  const [row] = await client.$queryRaw<{ started_at_ms: bigint }[]>`
    SELECT ${epochMs(Prisma.sql`started_at`)} AS started_at_ms,
           sync.ensure_worker_sample_partitions((started_at AT TIME ZONE 'UTC')::date,
                                                 (started_at AT TIME ZONE 'UTC')::date + 1)
      FROM pool.worker_snapshots WHERE snapshot_id = ${snapshot.snapshotId}::bigint`;
  if (row === undefined) throw new KpoolError('broken-promise', 'A snapshot under way is not recorded.');
  return Number(row.started_at_ms);
}

async function complete(tx: Queryable, snapshot: LandingSnapshot, landing: FleetLanding): Promise<number> {
  await openPresence(tx, snapshot);
  const removed = await removeMissing(tx, snapshot, landing.unreadableWorkers);
  await addSnapshot(tx, snapshot);
  await noteSeen(tx, snapshot);
  await completeSnapshot(tx, snapshot.snapshotId);
  return removed;
}

async function noteLanding(tx: Transaction, scope: FleetScope, landing: FleetLanding): Promise<void> {
  const now = await readInstant(tx);
  const noted = {
    ...(landing.staged > 0 ? { lastLifeAt: now } : {}),
    ...(landing.totalCompared ? { countsComparedAt: now } : {}),
  };
  if (Object.keys(noted).length > 0) await tx.cursor.updateMany({ where: cursorOf(scope), data: noted });
}
