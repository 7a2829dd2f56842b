// A cursor (`sync.cursors`) is the progress of one scope, and its version the number of commits to it. A commit
// names the version that it started from, and fails if another commit went first (P9).
// Raw SQL: the typed client locks no rows, and versions are compared under the lock.
import { KpoolError } from '../core/errors';
import type { Scope } from '../domain/scope';
import type { Queryable } from './client';
import { Prisma } from './generated/client';
import { isOfScope, scopeValues } from './scope-key';

/** The assignment by which every commit to a scope advances its cursor. */
export const NEXT_VERSION = Prisma.sql`version = version + 1`;

/** Creates the cursor of a scope if it has none. */
export async function ensureCursor(db: Queryable, scope: Scope): Promise<void> {
  await db.$executeRaw`
    INSERT INTO sync.cursors (stream, account_id, puid, algo) SELECT ${scopeValues(scope)}
     WHERE NOT EXISTS (SELECT FROM sync.cursors WHERE ${isOfScope(scope)})
        ON CONFLICT DO NOTHING`;
}

/** Locks the cursor until the transaction ends: one writer per scope, whatever its version. */
export async function lockCursor(tx: Queryable, scope: Scope): Promise<bigint | null> {
  const [cursor] = await tx.$queryRaw<{ version: bigint }[]>`
    SELECT version FROM sync.cursors WHERE ${isOfScope(scope)} FOR UPDATE`;
  return cursor?.version ?? null;
}

/** As `lockCursor`. Throws `sync.superseded` when another commit went first. */
export async function lockCursorAt(tx: Queryable, scope: Scope, expectedVersion: bigint): Promise<void> {
  if ((await lockCursor(tx, scope)) !== expectedVersion) {
    throw new KpoolError('sync.superseded', 'Another process committed newer data of this scope first.');
  }
}

/** As `lockCursorAt`, and advances the version: for commits that decide nothing before they write. */
export async function advanceCursorFrom(tx: Queryable, scope: Scope, expectedVersion: bigint): Promise<void> {
  await lockCursorAt(tx, scope, expectedVersion);
  await tx.$executeRaw`UPDATE sync.cursors SET ${NEXT_VERSION} WHERE ${isOfScope(scope)}`;
}
