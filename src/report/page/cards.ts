import type { Sql } from 'postgres';
import { filterScope, type PageFilter } from './filter';

/** Key figures of one currency, by the reports' days. Amounts are exact decimal texts. */
export interface IncomeCard {
  readonly currency: string;
  readonly yesterday: string;
  readonly week: string;
  readonly month: string;
  /** Of the last 30 days. */
  readonly settled: string;
  readonly pending: string;
  /** The last 30 complete days, oldest first, for a chart. */
  readonly days: readonly number[];
}

/** The fleet of one algorithm now and over the last 7 days. */
export interface HashrateCard {
  readonly algo: string;
  /** H/s */
  readonly now: number;
  readonly weekMean: number | null;
  readonly active: number;
  readonly inactive: number;
  readonly invalid: number;
  /** The last 7 days by hour, oldest first, H/s. */
  readonly hours: readonly (number | null)[];
}

/** Requests to the pool in the last hour, oldest minute first. */
export interface RequestsCard {
  readonly lastHour: number;
  readonly perMinute: readonly number[];
}

/** One card per currency with income in the last 30 days, currencies of earnings first. */
export async function readIncomeCards(sql: Sql, filter: PageFilter): Promise<readonly IncomeCard[]> {
  return sql<IncomeCard[]>`
    WITH t AS (SELECT sync.day_of(sync.now(), time_zone) AS today FROM sync.report_zone),
    days AS (
      SELECT i.currency, i.day, bool_or(i.earnings_settled + i.earnings_pending <> 0) AS is_main, sum(i.earnings_settled + i.rewards_settled) AS settled,
             sum(i.earnings_pending + i.rewards_pending + i.earnings_other + i.rewards_other) AS pending
        FROM t
        -- One income list at a time, since the key of the days begins with the list. A day of any zone is at most a day
        -- from the UTC day.
       CROSS JOIN LATERAL (
         SELECT DISTINCT puid, algo, currency FROM sync.income_months
          WHERE items > 0 AND month >= date_trunc('month', (t.today - 30)::timestamp)::date) AS l
        JOIN sync.income_days i ON (i.puid, i.algo, i.currency) = (l.puid, l.algo, l.currency)
         AND i.day BETWEEN t.today - 30 AND t.today AND i.mining_date BETWEEN t.today - 31 AND t.today + 1
       WHERE i.items > 0 AND ${filterScope(sql, filter, { puid: sql`i.puid`, algo: sql`i.algo`, currency: sql`i.currency` })}
       GROUP BY i.currency, i.day
    )
    SELECT d.currency,
           trim_scale(coalesce(sum(settled + pending) FILTER (WHERE day = t.today - 1), 0))::text AS yesterday,
           trim_scale(coalesce(sum(settled + pending) FILTER (WHERE day BETWEEN t.today - 7 AND t.today - 1), 0))::text AS week,
           trim_scale(coalesce(sum(settled + pending) FILTER (WHERE day BETWEEN t.today - 30 AND t.today - 1), 0))::text AS month,
           trim_scale(sum(settled))::text AS settled, trim_scale(sum(pending))::text AS pending,
           (SELECT jsonb_agg(coalesce((e.settled + e.pending)::float8, 0) ORDER BY g.day)
              FROM (SELECT (t.today - 30 + n) AS day FROM generate_series(0, 29) AS n) AS g
              LEFT JOIN days e ON e.currency = d.currency AND e.day = g.day) AS days
      FROM days d CROSS JOIN t
     GROUP BY d.currency, t.today ORDER BY bool_or(d.is_main) DESC, d.currency`;
}

/** One card per algorithm with listed machines, the largest fleet first. */
export async function readHashrateCards(sql: Sql, filter: PageFilter): Promise<readonly HashrateCard[]> {
  const of = (alias: 'w' | 'f') =>
    filterScope(sql, filter, { puid: sql`${sql(alias)}.puid`, algo: sql`${sql(alias)}.algo` });
  return sql<HashrateCard[]>`
    WITH machines AS (
      SELECT algo, coalesce(sum(real_hash_rate_hps) FILTER (WHERE status = 'ACTIVE'), 0)::float8 AS now,
             count(*) FILTER (WHERE status = 'ACTIVE')::int AS active,
             count(*) FILTER (WHERE status = 'INACTIVE')::int AS inactive,
             count(*) FILTER (WHERE status IS DISTINCT FROM 'ACTIVE' AND status IS DISTINCT FROM 'INACTIVE')::int AS invalid
        FROM pool.workers w WHERE w.removed_at IS NULL AND ${of('w')} GROUP BY algo
    ), hours AS (
      SELECT f.algo, f.hour, sum(f.avg_real_hash_rate_hps)::float8 AS hps
        FROM report.fleet_hour_totals f
       WHERE f.hour > sync.now() - interval '7 days' AND ${of('f')}
       GROUP BY f.algo, f.hour
    )
    SELECT m.*, (SELECT avg(hps) FROM hours h WHERE h.algo = m.algo) AS "weekMean",
           (SELECT coalesce(jsonb_agg(h.hps ORDER BY g.hour), '[]')
              FROM generate_series(date_trunc('hour', sync.now()) - interval '167 hours', date_trunc('hour', sync.now()),
                                   interval '1 hour') AS g (hour)
              LEFT JOIN hours h ON h.algo = m.algo AND h.hour = g.hour) AS hours
      FROM machines m ORDER BY m.active + m.inactive + m.invalid DESC, m.algo`;
}

/** Requests of finished runs, by the minute in which they finished. */
export async function readRequestsCard(sql: Sql): Promise<RequestsCard> {
  const rows = await sql<{ requests: number }[]>`
    SELECT coalesce(sum(r.requests), 0)::float8 AS requests
      FROM generate_series(0, 59) AS n
      LEFT JOIN sync.runs r ON r.started_at > sync.now() - interval '3 hours'
            AND r.finished_at > sync.now() - (60 - n) * interval '1 minute'
            AND r.finished_at <= sync.now() - (59 - n) * interval '1 minute'
     GROUP BY n ORDER BY n`;
  const perMinute = rows.map(({ requests }) => requests);
  return { lastHour: perMinute.reduce((sum, requests) => sum + requests, 0), perMinute };
}
