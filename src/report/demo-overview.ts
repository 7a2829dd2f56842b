// What `kpool demo` prints once its first sync is done: the first look of an accountant and an operator.
import type { Sql } from 'postgres';

/** Income of a month and currency over all accounts. */
export interface MonthOfIncome {
  readonly month: string;
  readonly currency: string;
  readonly settled: string;
  readonly pending: string;
  readonly total: string;
}

/** A span of `report.completeness`. Counts are texts. */
export interface CertifiedSpan {
  readonly stream: string;
  readonly subAccount: string;
  readonly algo: string;
  readonly state: string;
  readonly rows: string;
  readonly certificates: string;
}

/** Income of the latest months, newest first, over all accounts. Amounts are exact decimal texts. */
export async function readMonthsOfIncome(sql: Sql, months: number): Promise<readonly MonthOfIncome[]> {
  return sql<MonthOfIncome[]>`
    SELECT to_char(month, 'YYYY-MM') AS month, currency, trim_scale(coalesce(sum(settled), 0))::text AS settled,
           trim_scale(coalesce(sum(pending), 0))::text AS pending, trim_scale(coalesce(sum(total), 0))::text AS total
      FROM report.monthly_income
     WHERE month > (SELECT max(month) FROM report.monthly_income) - make_interval(months => ${months})
     GROUP BY month, currency ORDER BY month DESC, currency`;
}

/** The certified part of each scope's history. */
export async function readCompleteness(sql: Sql): Promise<readonly CertifiedSpan[]> {
  return sql<CertifiedSpan[]>`
    SELECT stream, sub_account AS "subAccount", algo, state, rows::text AS rows, certificates::text AS certificates
      FROM report.completeness ORDER BY stream, sub_account, algo, from_at NULLS FIRST`;
}

/** Exact row counts of the tables that people query, without empty ones. */
export async function countRows(sql: Sql): Promise<readonly { table: string; rows: string }[]> {
  return sql<{ table: string; rows: string }[]>`
    SELECT n.nspname || '.' || c.relname AS table,
           (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I.%I', n.nspname, c.relname),
                                                true, true, '')))[1]::text AS rows
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname IN ('pool', 'sync') AND c.relkind IN ('r', 'p')
     ORDER BY 1`;
}
