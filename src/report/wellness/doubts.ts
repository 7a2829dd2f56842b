import type { Sql, TransactionSql } from 'postgres';

/** Spans of days named in a sentence; the rest are counted. */
const MAX_SPANS_NAMED = 5;

/**
 * Rows of one income list that the pool no longer shows, on days with a row that could not be parsed. Any of them may be
 * that row, so they are neither withdrawn nor certified, even if the unparsed row was accepted.
 */
export interface Doubt {
  readonly account: string;
  readonly stream: string;
  readonly subAccount: string;
  readonly algo: string;
  readonly rows: number;
  /** In words, UTC, e.g. `on 2026-10-03, from 2026-10-07 to 2026-10-09`. */
  readonly days: string;
}

/** A half-open span of mining time, as PostgreSQL's instants. */
interface DaySpan {
  readonly from: string;
  readonly to: string;
}

const EVER: DaySpan = { from: '-infinity', to: 'infinity' };

/** The rows in doubt in a span, one entry per income list. */
export async function readDoubts(
  sql: Sql | TransactionSql,
  { from, to }: DaySpan = EVER,
): Promise<readonly Doubt[]> {
  return sql<Doubt[]>`
    SELECT a.account_name AS account, d.stream, a.sub_account AS "subAccount", d.algo, sum(d.rows_in_doubt)::int AS rows,
           string_agg(d.days, ', ' ORDER BY d.from_at) FILTER (WHERE d.position <= ${MAX_SPANS_NAMED})
             || CASE WHEN count(*) > ${MAX_SPANS_NAMED} THEN ', and ' || count(*) - ${MAX_SPANS_NAMED} || ' more (report.completeness)' ELSE '' END AS days
      FROM (SELECT *, row_number() OVER (PARTITION BY stream, puid, algo ORDER BY from_at) AS position
              FROM sync.uncertified
             WHERE rows_in_doubt > 0 AND from_at < ${to}::text::timestamptz AND to_at > ${from}::text::timestamptz) AS d
      JOIN report.sub_accounts a ON a.puid = d.puid
     GROUP BY a.account_name, a.sub_account, d.stream, d.puid, d.algo ORDER BY 1, 3, 4, 2`;
}
