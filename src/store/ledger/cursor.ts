// Raw SQL: a cursor moves only if its version did not, in the commit of a window, by the database's clock.
import { KpoolError } from '../../core/errors';
import type { Queryable } from '../client';
import { Prisma } from '../generated/client';
import { pgInstant } from '../instants';
import { isOfScope, scopeValues, type ScopeKey } from '../scope-key';

/** Facts to record of a scope; what is left out stays. */
export interface CursorPatch {
  readonly paged?: boolean;
  readonly spanLimitMs?: number;
  readonly showsNoRow?: boolean;
  readonly deepChecked?: boolean;
  readonly poolRowCount?: number;
}

/** After a gap this long between reads, an empty list is observed from the start again. */
const LONGEST_GAP = '36 hours';

/** Makes sure that a scope has a cursor. */
export async function ensureCursor(db: Queryable, scope: ScopeKey): Promise<void> {
  await db.$executeRaw`
    INSERT INTO sync.cursors (stream, account_id, puid, algo) SELECT ${scopeValues(scope)}
     WHERE NOT EXISTS (SELECT FROM sync.cursors WHERE ${isOfScope(scope)})
        ON CONFLICT DO NOTHING`;
}

/**
 * Locks the cursor for the rest of the transaction: one writer per scope across processes. Throws
 * `sync.superseded` when another commit went first (P9).
 */
export async function lockCursor(db: Queryable, scope: ScopeKey, expectedVersion: bigint): Promise<void> {
  const [cursor] = await db.$queryRaw<{ version: bigint }[]>`
    SELECT version FROM sync.cursors WHERE ${isOfScope(scope)} FOR UPDATE`;
  if (cursor?.version !== expectedVersion) {
    throw new KpoolError('sync.superseded', 'Another process committed newer data of this scope first.');
  }
}

/** For a commit of a scope that keeps nothing else in its cursor: locks it, as `lockCursor`, and moves its version on. */
export async function stepCursor(db: Queryable, scope: ScopeKey, expectedVersion: bigint): Promise<void> {
  await lockCursor(db, scope, expectedVersion);
  await db.$executeRaw`UPDATE sync.cursors SET version = version + 1 WHERE ${isOfScope(scope)}`;
}

/**
 * Advances a locked cursor: its version, the given facts, and how far back its windows are certified without a
 * gap. Returns the new version.
 */
export async function advanceCursor(
  db: Queryable,
  scope: ScopeKey,
  change: {
    readonly historyStartMs: number;
    readonly patch: CursorPatch;
    readonly newestMinedAtMs: number | null;
  },
): Promise<bigint> {
  const { patch, newestMinedAtMs } = change;
  const life = newestMinedAtMs === null ? null : pgInstant(newestMinedAtMs);
  const facts = [
    patch.paged === undefined ? null : Prisma.sql`paged = ${patch.paged}`,
    patch.spanLimitMs === undefined ? null : Prisma.sql`span_limit_ms = ${patch.spanLimitMs}::bigint`,
    patch.poolRowCount === undefined ? null : Prisma.sql`pool_row_count = ${patch.poolRowCount}::integer`,
    patch.deepChecked === true ? Prisma.sql`deep_checked_at = sync.now()` : null,
    patch.showsNoRow === true
      ? Prisma.sql`empty_seen_at = sync.now(),
           empty_since = CASE WHEN empty_seen_at > sync.now() - ${LONGEST_GAP}::interval
                              THEN coalesce(empty_since, sync.now()) ELSE sync.now() END`
      : null,
    newestMinedAtMs === null ? null : Prisma.sql`empty_since = NULL, empty_seen_at = NULL`,
  ].filter((fact) => fact !== null);
  const [advanced] = await db.$queryRaw<{ version: bigint }[]>`
    WITH span AS (
      SELECT coalesce(max(to_at) FILTER (WHERE verified_at IS NULL), min(from_at)) AS complete_from,
             max(verified_at) FILTER (WHERE to_at = 'infinity') AS complete_to
        FROM sync.windows WHERE ${isOfScope(scope)}
    )
    UPDATE sync.cursors
       SET version = version + 1,
           complete_from = CASE WHEN span.complete_from < 'infinity' THEN span.complete_from END,
           complete_to = span.complete_to,
           history_complete = coalesce(span.complete_from <= ${pgInstant(change.historyStartMs)}::timestamptz, false),
           last_life_at = greatest(last_life_at, least(${life}::timestamptz, sync.now()))
           ${facts.length === 0 ? Prisma.empty : Prisma.sql`, ${Prisma.join(facts)}`}
      FROM span WHERE ${isOfScope(scope)}
    RETURNING version`;
  if (advanced === undefined) throw new KpoolError('broken-promise', 'A locked cursor vanished.');
  return advanced.version;
}
