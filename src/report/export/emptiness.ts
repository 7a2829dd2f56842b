import type { Sql } from 'postgres';
import { assert } from '../../core/assert';
import type { AsOf } from './as-of';
import { instantText } from '../ledger-instants';
import type { Period } from './period';

/** Why an export has no rows, in sentences, and whether the pool may have income that was not read. */
export interface Emptiness {
  readonly reasons: readonly string[];
  readonly isUnread: boolean;
}

interface Reading {
  /** When income was first synced; null: never. */
  readonly first: string | null;
  readonly isLater: boolean;
  /** Known income lists, and how many of them were not read completely for the period. */
  readonly lists: number;
  readonly unread: number;
}

/**
 * Decides whether a period is empty because nothing was mined or because it was not read. Windows are in mining time, so on
 * the cash basis this is an approximation.
 */
export async function findEmptiness(
  sql: Sql,
  period: Period,
  asOf: AsOf,
  accountName: string | null,
): Promise<Emptiness> {
  const [reading] = await sql<Reading[]>`
    SELECT ${instantText(sql, sql`f.first`)} AS first, f.first > ${asOf.instant}::text::timestamptz AS "isLater",
           l.lists::int, l.unread::int
      FROM (SELECT least((SELECT min(valid_from) FROM pool.earning_revisions),
                         (SELECT min(valid_from) FROM pool.reward_revisions)) AS first) AS f,
           (SELECT count(*) AS lists, count(*) FILTER (WHERE NOT r.is_read) AS unread
              FROM sync.cursors c
              JOIN report.sub_accounts a USING (puid)
             CROSS JOIN LATERAL (
               SELECT count(*) FILTER (WHERE (${period.to}::text IS NULL OR w.from_at < ${period.to}::text::timestamptz)
                        -- Reading the newest window proves nothing about income mined after that.
                        AND least(w.to_at, w.verified_at) > coalesce(${period.from}::text::timestamptz, '-infinity')) > 0
                      AND (c.history_complete OR coalesce(min(w.from_at) <= ${period.from}::text::timestamptz, false))
                      AS is_read
                 FROM sync.windows w
                WHERE (w.stream, w.puid, w.algo) = (c.stream, c.puid, c.algo)
                  AND w.verified_at IS NOT NULL) AS r
             WHERE c.stream IN ('earnings', 'rewards')
               ${accountName === null ? sql`` : sql`AND a.account_name = ${accountName}`}) AS l`;
  assert(reading !== undefined, 'a SELECT of counts has one row');
  const { first, isLater, lists, unread } = reading;
  const isUnread = lists === 0 || unread > 0;
  if (isLater) {
    const known = `Nothing was known at ${asOf.instant}: the first income was synced at ${String(first)}.`;
    return { reasons: [known], isUnread };
  }
  const span = period.name === 'all' ? '' : ` in ${period.name} (${period.timeZone})`;
  const none = `There is no income${span} as of ${asOf.instant}.`;
  if (lists === 0)
    return { reasons: [none, 'None has been synced yet: kpool sync, or kpool start.'], isUnread };
  if (unread === 0) return { reasons: [none], isUnread };
  const which = unread === lists ? 'It was' : `${unread} of ${lists} lists of income were`;
  const hint = 'see report.completeness for what was, and HISTORY_START for how far back kpool sync reads.';
  return { reasons: [none, `${which} not read whole for this time: ${hint}`], isUnread };
}
