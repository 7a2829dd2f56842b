import type { Sql, TransactionSql } from 'postgres';
import { assert } from '../../core/assert';
import { plural } from '../../core/plural';
import { LEDGER_STREAMS } from '../../domain/streams';
import { readDoubts, type Doubt } from '../wellness/doubts';
import { firstDayOf, type Month } from './month';

/** Reasons listed; the rest are counted. */
const MAX_REASONS = 20;

interface MonthSpan {
  readonly from: string;
  readonly to: string;
  readonly zone: string;
  readonly isOver: boolean;
}

interface UnreadLists {
  readonly account: string;
  /** Catalog lists that were not read since the month ended; null when all were. */
  readonly unread: string | null;
}

interface ScopeObstacle {
  readonly account: string;
  readonly subAccount: string;
  readonly algo: string;
  readonly stream: string;
  readonly isProven: boolean;
  readonly quarantined: number;
}

interface LateStart {
  readonly account: string;
  /** Days, UTC. */
  readonly readFrom: string;
  readonly needed: string;
}

/**
 * Why a month should not be closed yet, one sentence per reason. None if the month is over, every income list that could
 * contain some of it was read completely after it ended, none of its rows is in quarantine, and none of its days is in
 * doubt. History before HISTORY_START, or of an account that was never read, is not proven to be empty.
 */
export async function findMonthObstacles(
  sql: Sql | TransactionSql,
  month: Month,
): Promise<readonly string[]> {
  const [bounds] = await sql<MonthSpan[]>`
    SELECT lower(b.span)::text AS from, upper(b.span)::text AS to, b.zone, sync.now() >= upper(b.span) AS "isOver"
      FROM (SELECT tstzrange(m.first::timestamp AT TIME ZONE z.time_zone,
                             (m.first + interval '1 month') AT TIME ZONE z.time_zone) AS span, z.time_zone AS zone
              FROM sync.report_zone z, (SELECT ${firstDayOf(month)}::date AS first) AS m) AS b`;
  assert(bounds !== undefined, 'the time zone of the reports has one row');
  if (!bounds.isOver) return [`${month} is not over yet (${bounds.zone}).`];
  const accounts = await readUnreadLists(sql, bounds);
  if (accounts.length === 0) return ['Nothing has been synced yet: run kpool sync.'];
  const reasons = [
    ...accounts.flatMap(({ account, unread }) =>
      unread === null
        ? []
        : [`The ${unread} of ${account} have not been read since ${month} ended: run kpool sync.`],
    ),
    ...(await findLateStarts(sql, bounds)).map(
      ({ account, readFrom, needed }) =>
        `The income of ${account} has been read only from ${readFrom} on, which is after the start of ${month}: ` +
        `set HISTORY_START to ${needed} and run kpool sync.`,
    ),
    ...(await findScopeObstacles(sql, bounds)).flatMap((obstacle) => scopeReasons(month, obstacle)),
    ...(await readDoubts(sql, bounds)).map(doubtReason),
  ];
  if (reasons.length <= MAX_REASONS) return reasons;
  return [...reasons.slice(0, MAX_REASONS), `… and ${reasons.length - MAX_REASONS} more.`];
}

function scopeReasons(month: Month, obstacle: ScopeObstacle): readonly string[] {
  const { account, subAccount, algo, stream, isProven, quarantined } = obstacle;
  const name = `${stream} of ${subAccount} (${account}, ${algo})`;
  return [
    ...(isProven
      ? []
      : [
          `${name} have not been read completely since ${month} ended: run kpool sync, then kpool sync --verify.`,
        ]),
    ...(quarantined === 0
      ? []
      : [
          `${name} have ${quarantined} ${plural(quarantined, 'row')} in quarantine: see kpool quarantine list.`,
        ]),
  ];
}

/** A doubt is resolved by a complete read without the unreadable row, not by accepting that row. */
function doubtReason({ account, subAccount, algo, stream, rows, days }: Doubt): string {
  return (
    `${stream} of ${subAccount} (${account}, ${algo}) have ${rows} ${plural(rows, 'row')} in doubt, ${days}: the pool no longer shows them, and one may be a ` +
    'row in quarantine, accepted or not (kpool quarantine list --all). Once the pool serves that row in readable form, or ' +
    'no longer serves it, kpool sync --verify resolves this.'
  );
}

/** All accounts except duplicates, which own nothing. */
async function readUnreadLists(
  sql: Sql | TransactionSql,
  { to }: MonthSpan,
): Promise<readonly UnreadLists[]> {
  return sql<UnreadLists[]>`
    SELECT a.account_name AS account, string_agg(l.stream, ' and ' ORDER BY l.stream DESC) AS unread
      FROM pool.accounts a
      LEFT JOIN (VALUES ('sub-accounts'), ('algorithms')) AS l (stream)
        ON NOT EXISTS (SELECT FROM sync.cursors c
                        WHERE c.stream = l.stream AND c.account_id = a.account_id
                          AND c.last_success_at >= ${to}::text::timestamptz)
     WHERE a.status <> 'duplicate'
     GROUP BY a.account_name ORDER BY 1`;
}

function ledgerStreams(sql: Sql | TransactionSql) {
  return sql`string_to_array(${LEDGER_STREAMS.join(',')}, ',')`;
}

/**
 * The ledger scopes that could contain income of the month: algorithms × sub-accounts, and every scope with a cursor,
 * except those removed before the month began.
 */
function scopesOf(sql: Sql | TransactionSql, { from }: MonthSpan) {
  return sql`
    SELECT l.stream, s.account_id, p.puid, p.algo, least(s.removed_at, g.removed_at) AS removed_at
      FROM (SELECT s.puid, g.algo FROM pool.sub_accounts s JOIN pool.algorithms g USING (account_id)
             UNION
            SELECT puid, default_algo FROM pool.sub_accounts WHERE default_algo <> ''
             UNION
            SELECT puid, algo FROM sync.cursors WHERE stream = ANY (${ledgerStreams(sql)})) AS p
      JOIN pool.sub_accounts s ON s.puid = p.puid
      LEFT JOIN pool.algorithms g ON g.account_id = s.account_id AND g.algo = p.algo
     CROSS JOIN unnest(${ledgerStreams(sql)}) AS l (stream)
     WHERE coalesce(least(s.removed_at, g.removed_at) > ${from}::text::timestamptz, true)`;
}

/** Accounts with a scope whose history has not been read back to the start of the month. */
async function findLateStarts(sql: Sql | TransactionSql, bounds: MonthSpan): Promise<readonly LateStart[]> {
  return sql<LateStart[]>`
    SELECT a.account_name AS account, (max(o.oldest) AT TIME ZONE 'UTC')::date::text AS "readFrom",
           (${bounds.from}::text::timestamptz AT TIME ZONE 'UTC')::date::text AS needed
      FROM (${scopesOf(sql, bounds)}) AS s
     CROSS JOIN LATERAL (
       SELECT min(w.from_at) AS oldest FROM sync.windows w
        WHERE w.stream = s.stream AND w.puid = s.puid AND w.algo = s.algo) AS o
      JOIN pool.accounts a ON a.account_id = s.account_id
     WHERE o.oldest > ${bounds.from}::text::timestamptz
     GROUP BY a.account_name ORDER BY 1`;
}

async function findScopeObstacles(
  sql: Sql | TransactionSql,
  bounds: MonthSpan,
): Promise<readonly ScopeObstacle[]> {
  const { from, to } = bounds;
  return sql<ScopeObstacle[]>`
    WITH judged AS (
      SELECT s.*,
             -- What lies before the oldest window is a late start, which is reported once for the account.
             coalesce(p.proven, interval '0') >= ${to}::text::timestamptz
               - least(greatest(p.oldest, ${from}::text::timestamptz), ${to}::text::timestamptz)
               AND p.oldest IS NOT NULL AS is_proven,
             (SELECT count(*)::int FROM sync.quarantined_rows q
               WHERE q.stream = s.stream AND q.puid = s.puid AND q.algo = s.algo
                 AND q.resolved_at IS NULL AND q.accepted_at IS NULL
                 AND coalesce(q.window_from < ${to}::text::timestamptz AND q.window_to > ${from}::text::timestamptz, true)) AS quarantined
        FROM (${scopesOf(sql, bounds)}) AS s
       CROSS JOIN LATERAL (
         SELECT min(w.from_at) AS oldest,
                sum(least(w.to_at, ${to}::text::timestamptz) - greatest(w.from_at, ${from}::text::timestamptz))
                  -- A read before the month ended proves nothing about its end.
                  FILTER (WHERE w.verified_at >= least(${to}::text::timestamptz, s.removed_at)
                            AND w.from_at < ${to}::text::timestamptz AND w.to_at > ${from}::text::timestamptz) AS proven
           FROM sync.windows w
          WHERE w.stream = s.stream AND w.puid = s.puid AND w.algo = s.algo) AS p
    )
    SELECT a.account_name AS account, a.sub_account AS "subAccount", j.algo, j.stream,
           j.is_proven AS "isProven", j.quarantined
      FROM judged j
      JOIN report.sub_accounts a ON a.puid = j.puid
     WHERE NOT j.is_proven OR j.quarantined > 0
     ORDER BY 1, 2, 3, 4`;
}
