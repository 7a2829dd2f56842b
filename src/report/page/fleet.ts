import { millisecondsInHour } from 'date-fns/constants';
import type { Sql } from 'postgres';
import { filterScope, type PageFilter, type PageFrame } from './filter';

/** The fleet of one algorithm in one hour or on one day. Rates in H/s, for a chart. */
export interface FleetPoint {
  /** Start of the hour, or the day (UTC). */
  readonly at: Date;
  readonly algo: string;
  readonly hps: number;
  readonly active: number;
  readonly inactive: number;
  readonly invalid: number;
}

/** Reject rates of the workers of one algorithm on one day: mean and 90th percentile, weighted by workers. */
export interface RejectPoint {
  readonly day: string;
  readonly algo: string;
  /** Percent. */
  readonly mean: number | null;
  readonly p90: number | null;
}

/** The machines of a sub-account and algorithm, or of those with one name prefix. Hashrate now, H/s. */
export interface FleetGroup {
  readonly account: string;
  readonly subAccount: string;
  readonly puid: string;
  readonly algo: string;
  /** Null: all machines of the sub-account. */
  readonly prefix: string | null;
  readonly machines: number;
  readonly active: number;
  readonly hps: number;
  /** 0 to 1; null without a snapshot. */
  readonly uptime: number | null;
  /** Percent. */
  readonly rejectRate: number | null;
}

/** A machine that needs attention (`report.worker_attention`). Rates in H/s, uptime 0 to 1. */
export interface NeedyMachine {
  readonly account: string;
  readonly subAccount: string;
  readonly puid: string;
  readonly algo: string;
  readonly workerId: string;
  readonly name: string;
  readonly reasons: string;
  readonly status: string | null;
  readonly hps: number | null;
  readonly usualHps: number | null;
  readonly lostHps: number | null;
  readonly uptime: number | null;
  readonly rejectRate: number | null;
  readonly lastShareAt: Date | null;
}

export interface Attention {
  /** How many machines need attention; `machines` has the worst. */
  readonly count: number;
  readonly machines: readonly NeedyMachine[];
}

/** The longest period shown by hour; longer ones are shown by day. */
const MAX_HOURS_SHOWN_BY_HOUR = 24 * 8;
const MAX_MACHINES_SHOWN = 50;
const MAX_GROUPS_SHOWN = 40;

/** Whether the period is shown by hour; otherwise by day. */
export function isByHour({ from, to }: PageFrame): boolean {
  return (Date.parse(to) - Date.parse(from)) / millisecondsInHour < MAX_HOURS_SHOWN_BY_HOUR;
}

/** By hour for up to eight days, otherwise by day. Machines by status are those of each hour's or day's last snapshot. */
export async function readFleetSeries(
  sql: Sql,
  filter: PageFilter,
  frame: PageFrame,
): Promise<readonly FleetPoint[]> {
  const where = filterScope(sql, filter, { puid: sql`f.puid`, algo: sql`f.algo` });
  const hourly = isByHour(frame);
  const totals = hourly
    ? sql`SELECT f.puid, f.algo, f.hour AS at, f.avg_real_hash_rate_hps AS hps FROM report.fleet_hour_totals f
           WHERE f.hour >= sync.start_of_day(${frame.from}::text::date, ${frame.zone})
             AND f.hour < sync.start_of_day(${frame.to}::text::date + 1, ${frame.zone}) AND ${where}`
    : sql`SELECT f.puid, f.algo, sync.start_of_day(f.day_utc, 'UTC') AS at, f.avg_real_hash_rate_hps AS hps
            FROM report.fleet_day_totals f
           WHERE f.day_utc BETWEEN ${frame.from}::text::date AND ${frame.to}::text::date AND ${where}`;
  return sql<FleetPoint[]>`
    SELECT t.at, t.algo, sum(t.hps)::float8 AS hps, coalesce(sum(s.active_workers), 0)::int AS active,
           coalesce(sum(s.inactive_workers), 0)::int AS inactive,
           coalesce(sum(s.invalid_workers + s.other_workers), 0)::int AS invalid
      FROM (${totals}) AS t
      LEFT JOIN LATERAL (
        SELECT * FROM pool.worker_snapshots w
         WHERE w.puid = t.puid AND w.algo = t.algo AND w.completed_at IS NOT NULL
           AND w.started_at >= t.at AND w.started_at < t.at + ${hourly ? '1 hour' : '1 day'}::text::interval
         ORDER BY w.started_at DESC LIMIT 1) AS s ON true
     GROUP BY t.at, t.algo ORDER BY t.at, t.algo`;
}

/** From complete days only. */
export async function readRejectSeries(
  sql: Sql,
  filter: PageFilter,
  frame: PageFrame,
): Promise<readonly RejectPoint[]> {
  return sql<RejectPoint[]>`
    SELECT d.day::text AS day, d.algo, (sum(d.mean * d.workers) / nullif(sum(d.workers), 0))::float8 AS mean,
           (sum(d.p90 * d.workers) / nullif(sum(d.workers), 0))::float8 AS p90
      FROM sync.reject_days d
     WHERE d.day BETWEEN ${frame.from}::text::date AND ${frame.to}::text::date
       AND ${filterScope(sql, filter, { puid: sql`d.puid`, algo: sql`d.algo` })}
     GROUP BY d.day, d.algo ORDER BY d.day, d.algo`;
}

/** Every sub-account over the period, by algorithm. */
export async function readFleets(
  sql: Sql,
  filter: PageFilter,
  frame: PageFrame,
): Promise<readonly FleetGroup[]> {
  return sql<FleetGroup[]>`
    SELECT a.account_name AS account, a.sub_account AS "subAccount", m.puid::text AS puid, m.algo, NULL AS prefix,
           m.machines, m.active, m.hps, u.uptime, m."rejectRate"
      FROM (SELECT w.puid, w.algo, count(*)::int AS machines, count(*) FILTER (WHERE w.status = 'ACTIVE')::int AS active,
                   coalesce(sum(w.real_hash_rate_hps) FILTER (WHERE w.status = 'ACTIVE'), 0)::float8 AS hps,
                   avg(w.reject_rate) FILTER (WHERE w.status = 'ACTIVE')::float8 AS "rejectRate"
              FROM pool.workers w
             WHERE w.removed_at IS NULL AND ${filterScope(sql, filter, { puid: sql`w.puid`, algo: sql`w.algo` })}
             GROUP BY w.puid, w.algo) AS m
      JOIN report.sub_accounts a ON a.puid = m.puid
      LEFT JOIN LATERAL (
        SELECT (sum(f.active_samples)::numeric / nullif(sum(f.listed_samples), 0))::float8 AS uptime
          FROM report.fleet_day_totals f
         WHERE f.puid = m.puid AND f.algo = m.algo AND f.day_utc BETWEEN ${frame.from}::text::date AND ${frame.to}::text::date
        ) AS u ON true
     ORDER BY u.uptime NULLS LAST, m.machines DESC LIMIT ${MAX_GROUPS_SHOWN}`;
}

/** Machines by name prefix, over the last seven days; lowest uptime first. */
export async function readPrefixes(sql: Sql, filter: PageFilter): Promise<readonly FleetGroup[]> {
  return sql<FleetGroup[]>`
    SELECT g.account_name AS account, g.sub_account AS "subAccount", g.puid::text AS puid, g.algo, g.name_prefix AS prefix,
           g.workers::int AS machines, g.active_workers::int AS active, coalesce(g.hash_rate_hps, 0)::float8 AS hps,
           g.uptime::float8 AS uptime, g.mean_reject_rate::float8 AS "rejectRate"
      FROM report.fleet_by_prefix g
     WHERE ${filterScope(sql, filter, { puid: sql`g.puid`, algo: sql`g.algo` })}
     ORDER BY g.uptime NULLS LAST, g.workers DESC LIMIT ${MAX_GROUPS_SHOWN}`;
}

/** Machines that need attention, those that lose the most hashrate first. */
export async function readAttention(sql: Sql, filter: PageFilter): Promise<Attention> {
  const rows = await sql<(NeedyMachine & { count: number })[]>`
    SELECT count(*) OVER ()::int AS count, w.account_name AS account, w.sub_account AS "subAccount", w.puid::text AS puid,
           w.algo, w.worker_id::text AS "workerId", w.worker_name AS name, w.reasons, w.status,
           w.hash_rate_hps::float8 AS hps, w.baseline_hash_rate_hps::float8 AS "usualHps",
           w.lost_hash_rate_hps::float8 AS "lostHps", w.uptime::float8 AS uptime, w.reject_rate::float8 AS "rejectRate",
           w.last_share_at AS "lastShareAt"
      FROM report.worker_attention w
     WHERE ${filterScope(sql, filter, { puid: sql`w.puid`, algo: sql`w.algo` })}
     ORDER BY w.lost_hash_rate_hps DESC NULLS LAST, w.worker_id LIMIT ${MAX_MACHINES_SHOWN}`;
  return { count: rows[0]?.count ?? 0, machines: rows.map(({ count: _count, ...machine }) => machine) };
}
