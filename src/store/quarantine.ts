// Raw SQL: rows are written in bulk, and a window may end at infinity, which the typed client has no value for.
import { createHash } from 'node:crypto';
import type { UnreadableRow } from '../domain/page';
import type { Scope } from '../domain/scope';
import type { Window } from '../domain/ledger/windows';
import type { Queryable } from './client';
import { Prisma } from './generated/client';
import { pgInstant } from './instants';
import { isOfScope, scopeValues } from './scope-key';

/** The read that served unreadable rows. */
interface ReadOf {
  readonly window: Window;
  /** Only a complete read proves what is no longer served. */
  readonly isComplete: boolean;
}

const WHOLE: ReadOf = { window: { fromMs: Date.UTC(1970, 0, 1), toMs: Infinity }, isComplete: true };

/**
 * How much of a row is kept, for people to read (the pool's rows have about 300 characters); a hash of the whole row
 * identifies it.
 */
const MAX_RAW_CHARACTERS = 16_384;

/** The text or, if it is long, its beginning and its length. */
function keptPartOf(raw: string): string {
  if (raw.length <= MAX_RAW_CHARACTERS) return raw;
  // Does not split a surrogate pair.
  const beginning = raw.slice(0, MAX_RAW_CHARACTERS).replace(/[\ud800-\udbff]$/, '');
  return `${beginning}… (the first of ${raw.length} characters)`;
}

/** Numbers equal texts 0, 1, …, so that a row served twice is kept twice. */
function numberOccurrences(
  rows: readonly UnreadableRow[],
): { hash: string; occurrence: number; row: UnreadableRow }[] {
  const seen = new Map<string, number>();
  return rows.map((row) => {
    const hash = createHash('sha256').update(row.raw).digest('hex');
    const occurrence = seen.get(hash) ?? 0;
    seen.set(hash, occurrence + 1);
    return { hash, occurrence, row };
  });
}

/**
 * Stores the unreadable rows of one read, and marks as resolved those of earlier reads of the same window that this one
 * no longer served. Returns how many are not accepted.
 */
export async function quarantineRows(
  db: Queryable,
  scope: Scope,
  rows: readonly UnreadableRow[],
  { window, isComplete }: ReadOf = WHOLE,
): Promise<number> {
  const numbered = numberOccurrences(rows);
  const hashes = numbered.map(({ hash }) => hash);
  const occurrences = numbered.map(({ occurrence }) => occurrence);
  const from = pgInstant(window.fromMs);
  const to = pgInstant(window.toMs);
  const kept =
    numbered.length === 0
      ? []
      : await db.$queryRaw<{ accepted: boolean }[]>`
    INSERT INTO sync.quarantined_rows AS q
           (stream, account_id, puid, algo, window_from, window_to, raw, raw_hash, occurrence, reason)
    SELECT ${scopeValues(scope)}, ${from}::timestamptz, ${to}::timestamptz, raw, raw_hash, occurrence, reason
      FROM unnest(${numbered.map(({ row }) => keptPartOf(row.raw))}::text[], ${hashes}::text[], ${occurrences}::integer[],
                  ${numbered.map(({ row }) => row.reason)}::text[]) AS u(raw, raw_hash, occurrence, reason)
        ON CONFLICT (${scope.puid === null ? Prisma.sql`stream, account_id` : Prisma.sql`stream, puid, algo`}, raw_hash, occurrence)
        DO UPDATE SET last_seen_at = sync.now(), window_from = excluded.window_from, window_to = excluded.window_to,
                      reason = excluded.reason, resolved_at = NULL
    RETURNING accepted_at IS NOT NULL AS accepted`;
  if (!isComplete) return unacceptedOf(kept);
  await db.$executeRaw`
    UPDATE sync.quarantined_rows SET resolved_at = sync.now()
     WHERE ${isOfScope(scope)} AND resolved_at IS NULL
       AND window_from < ${to}::timestamptz AND window_to > ${from}::timestamptz
       AND (raw_hash, occurrence) NOT IN (SELECT * FROM unnest(${hashes}::text[], ${occurrences}::integer[]))`;
  return unacceptedOf(kept);
}

function unacceptedOf(kept: readonly { accepted: boolean }[]): number {
  return kept.filter(({ accepted }) => !accepted).length;
}
