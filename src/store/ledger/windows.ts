// Raw SQL: windows and certificates of a commit are written in bulk, and a window may end at infinity.
import type { Scope } from '../../domain/scope';
import type { ReplacedWindows } from '../../domain/ledger/window-replacement';
import type { StoredWindow } from '../../domain/ledger/windows';
import type { Queryable } from '../client';
import { Prisma } from '../generated/client';
import { epochMs, pgInstant } from '../instants';
import { isOfScope, ledgerScopeValues } from '../scope-key';

interface WindowRow {
  from_ms: bigint;
  to_ms: bigint | null;
  row_count: number;
  pending_count: number;
  quarantined_count: number;
  in_doubt_count: number;
  verified_ms: bigint | null;
}

/** Windows of a scope, newest first. */
export async function readWindows(db: Queryable, scope: Scope): Promise<StoredWindow[]> {
  const rows = await db.$queryRaw<WindowRow[]>`
    SELECT ${epochMs(Prisma.sql`from_at`)} AS from_ms,
           CASE WHEN to_at = 'infinity' THEN NULL ELSE ${epochMs(Prisma.sql`to_at`)} END AS to_ms,
           row_count, pending_count, quarantined_count, in_doubt_count,
           -- Recorded by a clock that has been corrected since: the window was read, at an unknown time.
           ${epochMs(Prisma.sql`CASE WHEN verified_at > sync.now() THEN from_at ELSE verified_at END`)}
             AS verified_ms
      FROM sync.windows WHERE ${isOfScope(scope)} ORDER BY from_at DESC`;
  return rows.map((row) => ({
    fromMs: Number(row.from_ms),
    toMs: row.to_ms === null ? Infinity : Number(row.to_ms),
    rowCount: row.row_count,
    pendingCount: row.pending_count,
    quarantinedCount: row.quarantined_count,
    inDoubtCount: row.in_doubt_count,
    verifiedAtMs: row.verified_ms === null ? null : Number(row.verified_ms),
  }));
}

/** Writes a replacement: two statements, to be part of a larger one. */
export function writeWindows(scope: Scope, { records, gone }: ReplacedWindows): Prisma.Sql {
  return Prisma.sql`
    gone AS (
      DELETE FROM sync.windows
       WHERE ${isOfScope(scope)} AND from_at = ANY (${gone.map((w) => pgInstant(w.fromMs))}::timestamptz[])
    ), read AS (
      INSERT INTO sync.windows (stream, puid, algo, from_at, to_at, row_count, pending_count,
                                quarantined_count, in_doubt_count, content_hash, verified_at)
      SELECT ${ledgerScopeValues(scope)}, from_at, to_at, row_count, pending_count, quarantined_count,
             in_doubt_count, content_hash, CASE WHEN verified THEN sync.now() END
        FROM unnest(${records.map((w) => pgInstant(w.fromMs))}::timestamptz[], ${records.map((w) => pgInstant(w.toMs))}::timestamptz[],
                    ${records.map((w) => w.rowCount)}::integer[], ${records.map((w) => w.pendingCount)}::integer[],
                    ${records.map((w) => w.quarantinedCount)}::integer[], ${records.map((w) => w.inDoubtCount)}::integer[],
                    ${records.map((w) => w.contentHash)}::text[], ${records.map((w) => w.verified)}::boolean[])
             AS u(from_at, to_at, row_count, pending_count, quarantined_count, in_doubt_count, content_hash, verified)
          ON CONFLICT (stream, puid, algo, from_at) DO UPDATE
             SET to_at = excluded.to_at, row_count = excluded.row_count, pending_count = excluded.pending_count,
                 quarantined_count = excluded.quarantined_count, in_doubt_count = excluded.in_doubt_count,
                 content_hash = excluded.content_hash, verified_at = excluded.verified_at
    )`;
}
