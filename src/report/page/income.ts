import type { Sql } from 'postgres';
import { filterScope, type PageFilter, type PageFrame } from './filter';

/** Income of one day or month in one currency. Amounts are exact decimal texts. */
export interface IncomePoint {
  /** `2026-10-31`; for a month, its first day. */
  readonly start: string;
  readonly currency: string;
  readonly settled: string;
  readonly pending: string;
  readonly total: string;
}

/** Income of one sub-account and currency over the period. Amounts are exact decimal texts. */
export interface IncomeOfSubAccount {
  readonly account: string;
  readonly subAccount: string;
  readonly puid: string;
  readonly currency: string;
  readonly settled: string;
  readonly pending: string;
  readonly total: string;
  /** Share of all income in that currency, 0 to 1; null if there is none. */
  readonly share: number | null;
}

/** Income of one day or month in one currency by sub-account. Amounts are exact decimal texts. */
export interface IncomeBySubAccount {
  readonly currency: string;
  /** Highest income in the period first; the last, null, is all others together. */
  readonly points: readonly {
    readonly start: string;
    readonly puid: string | null;
    readonly subAccount: string | null;
    readonly total: string;
  }[];
}

/** A month with income. `running`: it is not over; `open`: it is over and was never closed. */
export interface ClosedMonth {
  /** `2026-10` */
  readonly month: string;
  readonly state: 'closed' | 'reopened' | 'open' | 'running';
  readonly at: Date | null;
  readonly note: string | null;
  readonly currencies: readonly string[];
}

/** Sub-accounts listed per currency. */
const MAX_SUB_ACCOUNTS_SHOWN = 10;
/** Sub-accounts with their own colour. */
const MAX_SUB_ACCOUNTS_COLOURED = 7;
const MAX_MONTHS_SHOWN = 24;

/**
 * Income by day and currency, with the columns puid, algo, currency, start, settled, pending. Days in the reports' time zone
 * come from the maintained totals; those in another zone are summed from the ledger.
 */
function incomeRows(sql: Sql, filter: PageFilter, frame: PageFrame, by: 'day' | 'month') {
  const where = filterScope(sql, filter, { puid: sql`i.puid`, algo: sql`i.algo`, currency: sql`i.currency` });
  const from =
    by === 'month'
      ? sql`date_trunc('month', ${frame.from}::text::timestamp)::date`
      : sql`${frame.from}::text::date`;
  if (frame.zone !== frame.reportZone) {
    const day = sql`sync.day_of(i.mined_at, ${frame.zone})`;
    return sql`
      SELECT i.puid, i.algo, i.currency, ${by === 'month' ? sql`date_trunc('month', ${day}::timestamp)::date` : day} AS start,
             CASE WHEN i.status = 'SETTLED' THEN i.amount ELSE 0 END AS settled,
             CASE WHEN i.status = 'SETTLED' THEN 0 ELSE i.amount END AS pending
        FROM sync.income_items i
       WHERE i.source <> 'left out' AND ${where} AND i.mined_at >= sync.start_of_day(${from}, ${frame.zone})
         AND i.mined_at < sync.start_of_day(${frame.to}::text::date + 1, ${frame.zone})`;
  }
  const sums = sql`
    i.earnings_settled + i.rewards_settled AS settled,
    i.earnings_pending + i.rewards_pending + i.earnings_other + i.rewards_other AS pending`;
  return by === 'month'
    ? sql`SELECT i.puid, i.algo, i.currency, i.month AS start, ${sums} FROM sync.income_months i
           WHERE i.items > 0 AND i.month BETWEEN ${from} AND ${frame.to}::text::date AND ${where}`
    : // List by list, since the key of the days begins with the list. A zone's days differ from UTC's by at most one day.
      sql`SELECT i.puid, i.algo, i.currency, i.day AS start, ${sums}
            FROM (SELECT DISTINCT puid, algo, currency FROM sync.income_months
                   WHERE items > 0 AND month BETWEEN date_trunc('month', ${from}::timestamp)::date AND ${frame.to}::text::date) AS l
            JOIN sync.income_days i ON (i.puid, i.algo, i.currency) = (l.puid, l.algo, l.currency)
           WHERE i.items > 0 AND i.day BETWEEN ${from} AND ${frame.to}::text::date
             AND i.mining_date BETWEEN ${from} - 1 AND ${frame.to}::text::date + 1 AND ${where}`;
}

/** Income by day or month and currency; currencies with the most days first. */
export async function readIncomeSeries(
  sql: Sql,
  filter: PageFilter,
  frame: PageFrame,
): Promise<readonly IncomePoint[]> {
  return sql<IncomePoint[]>`
    SELECT start::text AS start, currency, trim_scale(sum(settled))::text AS settled, trim_scale(sum(pending))::text AS pending,
           trim_scale(sum(settled + pending))::text AS total
      FROM (${incomeRows(sql, filter, frame, frame.by)}) AS d
     GROUP BY start, currency ORDER BY start, currency`;
}

/** Income by sub-account in the period, highest of each currency first. */
export async function readLeague(
  sql: Sql,
  filter: PageFilter,
  frame: PageFrame,
): Promise<readonly IncomeOfSubAccount[]> {
  return sql<IncomeOfSubAccount[]>`
    SELECT a.account_name AS account, a.sub_account AS "subAccount", r.puid::text AS puid, r.currency,
           trim_scale(r.settled)::text AS settled, trim_scale(r.pending)::text AS pending,
           trim_scale(r.settled + r.pending)::text AS total,
           ((r.settled + r.pending) / nullif(r.everything, 0))::float8 AS share
      FROM (SELECT puid, currency, sum(settled) AS settled, sum(pending) AS pending,
                   sum(sum(settled + pending)) OVER (PARTITION BY currency) AS everything,
                   row_number() OVER (PARTITION BY currency ORDER BY sum(settled + pending) DESC, puid) AS rank
              FROM (${incomeRows(sql, filter, frame, frame.by)}) AS d GROUP BY puid, currency) AS r
      JOIN report.sub_accounts a ON a.puid = r.puid
     WHERE r.rank <= ${MAX_SUB_ACCOUNTS_SHOWN}
     ORDER BY r.currency, r.rank`;
}

/** One currency's income by day or month and sub-account, in date order. */
export async function readIncomeBySubAccount(
  sql: Sql,
  filter: PageFilter,
  frame: PageFrame,
  currency: string,
): Promise<IncomeBySubAccount> {
  const points = await sql<IncomeBySubAccount['points'][number][]>`
    WITH items AS (${incomeRows(sql, { ...filter, currency }, frame, frame.by)}),
    ranks AS (
      SELECT puid, row_number() OVER (ORDER BY sum(settled + pending) DESC, puid) AS rank FROM items GROUP BY puid
    ), shown AS (
      SELECT r.puid, least(r.rank, ${MAX_SUB_ACCOUNTS_COLOURED + 1}) AS rank, CASE WHEN r.rank <= ${MAX_SUB_ACCOUNTS_COLOURED} THEN a.puid END AS own,
             CASE WHEN r.rank <= ${MAX_SUB_ACCOUNTS_COLOURED} THEN a.sub_account END AS name
        FROM ranks r JOIN report.sub_accounts a USING (puid)
    )
    SELECT start::text AS start, own::text AS puid, name AS "subAccount", trim_scale(sum(settled + pending))::text AS total
      FROM items JOIN shown USING (puid)
     GROUP BY start, rank, own, name ORDER BY start, rank`;
  return { currency, points };
}

/** Months with income, newest first, and whether each is closed. */
export async function readMonths(sql: Sql): Promise<readonly ClosedMonth[]> {
  return sql<ClosedMonth[]>`
    SELECT to_char(m.month, 'YYYY-MM') AS month,
           CASE WHEN c.action = 'close' THEN 'closed' WHEN c.action = 'reopen' THEN 'reopened'
                WHEN m.month = sync.month_of(sync.now(), z.time_zone) THEN 'running' ELSE 'open' END AS state,
           c.instant AS at, c.note, m.currencies
      FROM (SELECT month, jsonb_agg(DISTINCT currency) AS currencies FROM sync.income_months WHERE items > 0
             GROUP BY month ORDER BY month DESC LIMIT ${MAX_MONTHS_SHOWN}) AS m
     CROSS JOIN sync.report_zone z
      LEFT JOIN LATERAL (SELECT action, instant, note FROM sync.closes WHERE month = m.month
                          ORDER BY close_id DESC LIMIT 1) AS c ON true
     ORDER BY m.month DESC`;
}
