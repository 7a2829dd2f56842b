// What a cursor keeps of a list of income. Raw SQL: it moves in the statement that writes a commit's windows.
import { KpoolError } from '../../core/errors';
import type { LedgerCursorPatch } from '../../domain/ledger/ledger-commit';
import type { LedgerScope } from '../../domain/scope';
import type { ReplacedWindows } from '../../domain/ledger/window-replacement';
import type { Queryable } from '../client';
import { NEXT_VERSION } from '../cursors';
import { Prisma } from '../generated/client';
import { hiddenCoinsOf } from '../hidden-coins';
import { epochMs, pgInstant } from '../instants';
import { isOfLedgerScope, isOfScope } from '../scope-key';
import { ledgerTableOf } from './rows';
import { writeWindows } from './windows';

/** If reads are further apart than this, the days for which a list was empty are counted from the start again. */
const LONGEST_GAP = '36 hours';

/** What a cursor records about a scope of the ledger. */
export interface CursorFacts {
  readonly version: bigint;
  readonly paged: boolean;
  readonly spanLimitMs: number | null;
  readonly emptySinceMs: number | null;
  readonly deepCheckedAtMs: number | null;
  readonly hasQuarantine: boolean;
  readonly newestUnservedMs: number | null;
  readonly hasHiddenCoins: boolean;
  readonly nowMs: number;
}

interface CursorRow {
  version: bigint;
  paged: boolean;
  span_limit_ms: bigint | null;
  empty_since_ms: bigint | null;
  deep_checked_ms: bigint | null;
  has_quarantine: boolean;
  newest_unserved_ms: bigint | null;
  has_hidden_coins: boolean;
  now_ms: bigint;
}

const msOf = (value: bigint | null): number | null => (value === null ? null : Number(value));

function factsOf(row: CursorRow): CursorFacts {
  return {
    version: row.version,
    paged: row.paged,
    spanLimitMs: msOf(row.span_limit_ms),
    emptySinceMs: msOf(row.empty_since_ms),
    deepCheckedAtMs: msOf(row.deep_checked_ms),
    hasQuarantine: row.has_quarantine,
    newestUnservedMs: msOf(row.newest_unserved_ms),
    hasHiddenCoins: row.has_hidden_coins,
    nowMs: Number(row.now_ms),
  };
}

/** The span limit is the account's: a span that is too long for one scope is too long for all. */
function cursorColumns(scope: LedgerScope): Prisma.Sql {
  return Prisma.sql`version, paged,
    (SELECT min(c.span_limit_ms) FROM sync.cursors c JOIN pool.sub_accounts s USING (puid)
      WHERE s.account_id = ${scope.accountId}::smallint) AS span_limit_ms,
    ${epochMs(Prisma.sql`empty_since`)} AS empty_since_ms,
    ${epochMs(Prisma.sql`deep_checked_at`)} AS deep_checked_ms,
    EXISTS (SELECT FROM sync.quarantined_rows WHERE ${isOfScope(scope)} AND resolved_at IS NULL) AS has_quarantine,
    (SELECT ${epochMs(Prisma.sql`max(mined_at)`)} FROM ${ledgerTableOf(scope.stream)} AS t
      WHERE ${isOfLedgerScope(scope)} AND unserved_at IS NOT NULL AND withdrawn_at IS NULL) AS newest_unserved_ms,
    EXISTS ${hiddenCoinsOf(scope.accountId)} AS has_hidden_coins,
    ${epochMs(Prisma.sql`sync.now()`)} AS now_ms`;
}

/** Null if the scope has never been synced. */
export async function findLedgerCursor(db: Queryable, scope: LedgerScope): Promise<CursorFacts | null> {
  const [cursor] = await db.$queryRaw<CursorRow[]>`
    SELECT ${cursorColumns(scope)} FROM sync.cursors WHERE ${isOfScope(scope)}`;
  return cursor === undefined ? null : factsOf(cursor);
}

/**
 * Advances a locked cursor: its version, the given facts, and how far back its windows are certified without a
 * gap. `writes`: statements (`name AS (…)`) that are part of the same step.
 */
export async function advanceLedgerCursor(
  db: Queryable,
  scope: LedgerScope,
  change: {
    readonly historyStartMs: number;
    readonly patch: LedgerCursorPatch;
    readonly newestMinedAtMs: number | null;
    readonly windows: ReplacedWindows;
    readonly writes: readonly Prisma.Sql[];
  },
): Promise<CursorFacts> {
  const { patch, newestMinedAtMs, windows } = change;
  const { completeFromMs, completeTo } = completenessOf(windows);
  const facts = [
    completeTo,
    patch.paged === undefined ? null : Prisma.sql`paged = ${patch.paged}`,
    patch.spanLimitMs === undefined ? null : Prisma.sql`span_limit_ms = ${patch.spanLimitMs}::bigint`,
    patch.poolRowCount === undefined ? null : Prisma.sql`pool_row_count = ${patch.poolRowCount}::integer`,
    patch.deepChecked === true ? Prisma.sql`deep_checked_at = sync.now()` : null,
    patch.showsNoRow === true
      ? Prisma.sql`empty_seen_at = sync.now(),
           empty_since = CASE WHEN empty_seen_at > sync.now() - ${LONGEST_GAP}::interval
                              THEN coalesce(empty_since, sync.now()) ELSE sync.now() END`
      : null,
    newestMinedAtMs === null
      ? null
      : Prisma.sql`empty_since = NULL, empty_seen_at = NULL,
           last_life_at = greatest(last_life_at, least(${pgInstant(newestMinedAtMs)}::timestamptz, sync.now()))`,
  ].filter((fact) => fact !== null);
  const [advanced] = await db.$queryRaw<CursorRow[]>`
    WITH ${Prisma.join([...change.writes, writeWindows(scope, windows)])}
    UPDATE sync.cursors
       SET ${NEXT_VERSION},
           complete_from = ${completeFromMs === null ? null : pgInstant(completeFromMs)}::timestamptz,
           history_complete = ${completeFromMs !== null && completeFromMs <= change.historyStartMs}
           ${facts.length === 0 ? Prisma.empty : Prisma.sql`, ${Prisma.join(facts)}`}
     WHERE ${isOfScope(scope)}
    RETURNING ${cursorColumns(scope)}`;
  if (advanced === undefined) throw new KpoolError('broken-promise', 'A locked cursor vanished.');
  const after = factsOf(advanced);
  return { ...after, spanLimitMs: least(after.spanLimitMs, patch.spanLimitMs ?? null) };
}

const least = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);

/** How far back all windows are verified, and when the newest one was. */
function completenessOf({ records, untouched }: ReplacedWindows): {
  completeFromMs: number | null;
  completeTo: Prisma.Sql | null;
} {
  const unverified = [
    ...records.filter(({ verified }) => !verified),
    ...untouched.filter(({ verifiedAtMs }) => verifiedAtMs === null),
  ];
  const all = [...records, ...untouched];
  const fromMs =
    unverified.length > 0
      ? Math.max(...unverified.map(({ toMs }) => toMs))
      : Math.min(...all.map(({ fromMs: from }) => from));
  const newest = records.find(({ toMs }) => toMs === Infinity);
  return {
    completeFromMs: fromMs === Infinity ? null : fromMs,
    completeTo:
      newest === undefined
        ? null
        : newest.verified
          ? Prisma.sql`complete_to = sync.now()`
          : Prisma.sql`complete_to = NULL`,
  };
}
