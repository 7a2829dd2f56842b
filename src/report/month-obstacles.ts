import type { Sql, TransactionSql } from 'postgres';
import { assert } from '../core/assert';
import { firstDayOf, type Month } from './month';

/** Reasons that a person can take in; the rest is counted. */
const MAX_REASONS = 20;

interface Obstacle {
  readonly account: string;
  readonly subAccount: string;
  readonly algo: string;
  readonly stream: string;
  readonly quarantined: number;
}

/**
 * Why a month should not be closed yet, a sentence each; none when it is over, every list of income was read whole
 * after it ended, and no row of it waits in quarantine.
 */
export async function findMonthObstacles(
  sql: Sql | TransactionSql,
  month: Month,
): Promise<readonly string[]> {
  const [bounds] = await sql<{ from: string; to: string; zone: string; isOver: boolean }[]>`
    SELECT lower(b.span)::text AS from, upper(b.span)::text AS to, b.zone, sync.now() >= upper(b.span) AS "isOver"
      FROM (SELECT tstzrange(m.first::timestamp AT TIME ZONE z.time_zone,
                             (m.first + interval '1 month') AT TIME ZONE z.time_zone) AS span, z.time_zone AS zone
              FROM sync.report_zone z, (SELECT ${firstDayOf(month)}::date AS first) AS m) AS b`;
  assert(bounds !== undefined, 'the time zone of the reports has one row');
  if (!bounds.isOver) return [`${month} is not over yet (${bounds.zone}).`];
  const obstacles = await findObstacles(sql, bounds);
  const reasons = obstacles.map(
    ({ account, subAccount, algo, stream, quarantined }) =>
      `${stream} of ${subAccount} (${account}, ${algo}) ` +
      (quarantined > 0
        ? `hold ${quarantined} row(s) that could not be understood: see kpool quarantine list.`
        : `have not been read whole since ${month} ended: run kpool sync.`),
  );
  if (reasons.length <= MAX_REASONS) return reasons;
  return [...reasons.slice(0, MAX_REASONS), `… and ${reasons.length - MAX_REASONS} more.`];
}

async function findObstacles(
  sql: Sql | TransactionSql,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<readonly Obstacle[]> {
  return sql<Obstacle[]>`
    WITH scopes AS (
      SELECT c.stream, c.account_id, c.puid, c.algo, c.history_complete, s.removed_at
        FROM sync.cursors c JOIN pool.sub_accounts s ON s.account_id = c.account_id AND s.puid = c.puid
       WHERE c.stream IN ('earnings', 'rewards')
       UNION ALL
      SELECT l.stream, s.account_id, s.puid, s.default_algo, false, NULL
        FROM pool.sub_accounts s CROSS JOIN (VALUES ('earnings'), ('rewards')) AS l (stream)
       WHERE s.removed_at IS NULL AND s.default_algo <> ''
         AND NOT EXISTS (SELECT FROM sync.cursors c WHERE c.stream = l.stream AND c.account_id = s.account_id
                            AND c.puid = s.puid AND c.algo = s.default_algo)
    ), judged AS (
      SELECT s.*,
             -- Before its oldest window, a history that is complete holds nothing.
             coalesce(p.proven, '0') >= ${to}::text::timestamptz
               - CASE WHEN s.history_complete THEN least(greatest(p.oldest, ${from}::text::timestamptz), ${to}::text::timestamptz)
                      ELSE ${from}::text::timestamptz END AS is_proven,
             (SELECT count(*)::int FROM sync.quarantined_rows q
               WHERE q.stream = s.stream AND q.account_id = s.account_id AND q.puid = s.puid AND q.algo = s.algo
                 AND q.resolved_at IS NULL AND q.accepted_at IS NULL
                 AND coalesce(q.window_from < ${to}::text::timestamptz AND q.window_to > ${from}::text::timestamptz, true)) AS quarantined
        FROM scopes s
       CROSS JOIN LATERAL (
         SELECT min(w.from_at) AS oldest,
                sum(least(w.to_at, ${to}::text::timestamptz) - greatest(w.from_at, ${from}::text::timestamptz))
                  -- What was read before the month ended says nothing about its end.
                  FILTER (WHERE w.verified_at >= least(${to}::text::timestamptz, s.removed_at)
                            AND w.from_at < ${to}::text::timestamptz AND w.to_at > ${from}::text::timestamptz) AS proven
           FROM sync.windows w
          WHERE w.stream = s.stream AND w.account_id = s.account_id AND w.puid = s.puid AND w.algo = s.algo) AS p
    )
    SELECT a.account_name AS account, coalesce(nullif(s.pname, ''), s.puid::text) AS "subAccount", j.algo, j.stream, j.quarantined
      FROM judged j
      JOIN pool.sub_accounts s ON s.account_id = j.account_id AND s.puid = j.puid
      JOIN pool.accounts a ON a.account_id = j.account_id
     WHERE NOT j.is_proven OR j.quarantined > 0
     ORDER BY 1, 2, 3, 4`;
}
