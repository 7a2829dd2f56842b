import type { Sql } from 'postgres';
import { assert } from '../../core/assert';

/** The filters selected on a page. Null: no restriction. */
export interface PageFilter {
  readonly account: string | null;
  readonly puid: string | null;
  readonly algo: string | null;
  readonly currency: string | null;
  readonly period: PagePeriod;
  /** Days as `2026-10-31`, inclusive; they override the period. */
  readonly from: string | null;
  readonly to: string | null;
  readonly by: 'day' | 'month' | null;
  /** A time zone name; null: the reports' time zone. */
  readonly zone: string | null;
}

/** Days of each selectable period, counted back from today. */
export const PERIODS = { '7d': 7, '30d': 30, '90d': 90, '1y': 365, all: 20_000 } as const;
export type PagePeriod = keyof typeof PERIODS;

/** Longer periods are shown by month unless days are selected. */
const MAX_DAYS_SHOWN_BY_DAY = 92;
const MAX_SUB_ACCOUNT_CHOICES = 500;

export interface SubAccountChoice {
  readonly puid: string;
  readonly name: string;
  readonly account: string;
}

/** The filter, resolved against the database's clock and the reports' time zone, and the available choices. */
export interface PageFrame {
  readonly now: Date;
  readonly zone: string;
  readonly reportZone: string;
  /** Days in `zone`, inclusive. */
  readonly from: string;
  readonly to: string;
  readonly today: string;
  readonly by: 'day' | 'month';
  readonly accounts: readonly string[];
  readonly subAccounts: readonly SubAccountChoice[];
  readonly algos: readonly string[];
  /** Currencies of earnings first, then those that occur only as rewards. */
  readonly currencies: readonly string[];
}

interface FrameRow extends Omit<PageFrame, 'by' | 'zone'> {
  readonly days: number;
}

/** Resolves the filter: which days and which time zone it means, and what else could be selected. */
export async function readFrame(sql: Sql, filter: PageFilter): Promise<PageFrame> {
  const back = PERIODS[filter.period] - 1;
  const [row] = await sql<FrameRow[]>`
    WITH z AS (SELECT time_zone AS "reportZone", coalesce(${filter.zone}::text, time_zone) AS zone FROM sync.report_zone),
    t AS (SELECT z.*, sync.now() AS now, sync.day_of(sync.now(), z.zone) AS today FROM z),
    d AS (SELECT t.*, coalesce(${filter.to}::text::date, t.today) AS "to" FROM t),
    f AS (SELECT d.*, greatest(coalesce(${filter.from}::text::date, d."to" - ${back}::int),
                               coalesce((SELECT min(month) FROM sync.income_months), d."to" - 30)) AS "from" FROM d)
    SELECT "reportZone", now, today::text AS today, "from"::text AS "from", "to"::text AS "to", "to" - "from" + 1 AS days,
           (SELECT coalesce(jsonb_agg(account_name ORDER BY account_name), '[]') FROM pool.accounts) AS accounts,
           (SELECT coalesce(jsonb_agg(jsonb_build_object('puid', puid::text, 'name', sub_account, 'account', account_name)
                                      ORDER BY account_name, sub_account), '[]')
              FROM (SELECT * FROM report.sub_accounts ORDER BY account_name, sub_account LIMIT ${MAX_SUB_ACCOUNT_CHOICES}) AS s)
             AS "subAccounts",
           (SELECT coalesce(jsonb_agg(algo ORDER BY algo), '[]')
              FROM (SELECT algo FROM pool.algorithms UNION SELECT default_algo FROM pool.sub_accounts WHERE default_algo <> '') AS a)
             AS algos,
           (SELECT coalesce(jsonb_agg(currency ORDER BY is_main DESC, currency), '[]')
              FROM (SELECT currency, bool_or(earnings_settled + earnings_pending <> 0) AS is_main FROM sync.income_months GROUP BY currency) AS c) AS currencies
      FROM f`;
  assert(row !== undefined, 'the time zone of the reports has one row');
  const { days, ...frame } = row;
  return {
    ...frame,
    zone: filter.zone ?? row.reportZone,
    by: filter.by ?? (days > MAX_DAYS_SHOWN_BY_DAY ? 'month' : 'day'),
  };
}

type SqlColumn = ReturnType<Sql>;

/** The conditions of the filter on rows that have these columns. */
export function filterScope(
  sql: Sql,
  filter: PageFilter,
  columns: { readonly puid: SqlColumn; readonly algo?: SqlColumn; readonly currency?: SqlColumn },
) {
  const { account, puid, algo, currency } = filter;
  return sql`true
    ${account === null ? sql`` : sql`AND ${columns.puid} IN (SELECT s.puid FROM report.sub_accounts s WHERE s.account_name = ${account})`}
    ${puid === null ? sql`` : sql`AND ${columns.puid} = ${puid}::text::bigint`}
    ${algo === null || columns.algo === undefined ? sql`` : sql`AND ${columns.algo} = ${algo}`}
    ${currency === null || columns.currency === undefined ? sql`` : sql`AND ${columns.currency} = ${currency}`}`;
}
