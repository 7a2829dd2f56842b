import type { Sql } from 'postgres';
import { instantText } from '../ledger-instants';
import type { Explanation } from './explanation';

/** The row itself, without its history. */
export interface FoundRow extends Omit<Explanation, 'states' | 'certificates' | 'closes' | 'exports'> {
  /** PostgreSQL's text of the instant, with which the row can be looked up; `minedAt` is for people. */
  readonly minedAtExact: string;
}

/**
 * An id is a hash, so rows are hashed until one matches: the newest months first, since questions are about recent
 * figures, and withdrawn rows, which may be in no month, last. There is no index on ids, since every commit would have to
 * maintain it.
 */
export async function findRow(sql: Sql, rowId: string): Promise<FoundRow | null> {
  const columns = (type: ReturnType<Sql>) =>
    sql`${type} AS type, puid, algo, currency, mined_at, mining_date, ordinal, withdrawn_at, unserved_at, extra`;
  const rowsWhere = (condition: ReturnType<Sql>) => sql`
    (SELECT 'earnings' AS stream, ${columns(sql`NULL`)} FROM pool.earnings WHERE ${condition}
      UNION ALL
     SELECT 'rewards', ${columns(sql`type`)} FROM pool.rewards WHERE ${condition}
     OFFSET 0)`;
  const hasId = sql`sync.income_row_id(s.account_name, r.puid, r.algo, r.currency, r.stream, r.type, r.mined_at, r.ordinal) = ${rowId}`;
  const [row] = await sql<FoundRow[]>`
    WITH found AS MATERIALIZED (
      (SELECT r.* FROM (SELECT m.puid, m.algo, m.currency, m.month, s.account_name
                          FROM sync.income_months m JOIN report.sub_accounts s USING (puid) ORDER BY m.month DESC OFFSET 0) AS s
        CROSS JOIN LATERAL ${rowsWhere(sql`
          puid = s.puid AND algo = s.algo AND currency = s.currency
          -- A month of any time zone.
          AND mined_at >= sync.start_of_day(s.month - 1, 'UTC')
          AND mined_at < sync.start_of_day((s.month + interval '1 month 1 day')::date, 'UTC')`)} AS r
        WHERE ${hasId})
      UNION ALL
      (SELECT r.* FROM ${rowsWhere(sql`withdrawn_at IS NOT NULL`)} AS r JOIN report.sub_accounts s USING (puid) WHERE ${hasId})
      LIMIT 1
    )
    SELECT ${rowId} AS "rowId", s.account_name AS account, s.sub_account AS "subAccount", r.puid::text AS puid, r.algo, r.currency,
           r.stream, r.type, r.ordinal, ${instantText(sql, sql`r.mined_at`)} AS "minedAt", r.mined_at::text AS "minedAtExact",
           CASE WHEN r.withdrawn_at IS NOT NULL THEN 'does not count: the pool withdrew it'
                WHEN i.source = 'left out' THEN concat('does not count: ', CASE i.repeats
                  WHEN 'type' THEN 'it is the mining income of that day again'
                  WHEN 'amount' THEN 'an earning of that day has the same amount'
                  ELSE 'earnings of that day include it, as the pool''s totals prove' END, ' (report.income_overlap)')
                WHEN r.unserved_at IS NOT NULL THEN 'counts as income; the pool no longer serves rows this old'
                ELSE 'counts as income' END AS counts,
           r.extra::text AS extra, concat_ws(' ', v.value_text, v.quote_currency) AS value
      FROM found r
      JOIN report.sub_accounts s ON s.puid = r.puid
      -- OFFSET 0 makes PostgreSQL look the item up instead of joining all items.
      LEFT JOIN LATERAL (
        SELECT i.source, i.repeats FROM sync.income_items i
         WHERE i.puid = r.puid AND i.algo = r.algo AND i.currency = r.currency AND i.mined_at = r.mined_at
           AND i.ordinal = r.ordinal AND i.type IS NOT DISTINCT FROM r.type AND i.mining_date = r.mining_date
        OFFSET 0) AS i ON true
      LEFT JOIN LATERAL (
        SELECT v.value_text, v.quote_currency FROM report.income_valued v
         WHERE v.puid = r.puid AND v.algo = r.algo AND v.currency = r.currency AND v.mined_at = r.mined_at
           AND v.ordinal = r.ordinal AND v.type IS NOT DISTINCT FROM r.type AND v.stream = r.stream AND v.value IS NOT NULL
        OFFSET 0) AS v ON true`;
  return row === undefined ? null : { ...row, value: row.value === '' ? null : row.value };
}
