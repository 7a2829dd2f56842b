import type { Sql } from 'postgres';
import { filterScope, type PageFilter } from './filter';

/** A stream of an account. */
export interface StreamRow {
  readonly account: string;
  readonly stream: string;
  readonly state: string;
  readonly lastSuccessAt: Date | null;
  readonly nextAt: Date | null;
  readonly everyMs: number;
  readonly scopes: number;
  readonly failingScopes: number;
  readonly lastError: string | null;
  readonly openQuarantine: number;
  readonly rowsInDoubt: number;
  readonly degradedRows: number;
  readonly unservedRows: number;
  readonly unknownValues: string | null;
}

/** A recorded run; its sub-account and algorithm are null if it synced an account. Counts are of rows. */
export interface RunRow {
  readonly account: string;
  readonly stream: string;
  readonly subAccount: string | null;
  readonly algo: string | null;
  readonly trigger: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly outcome: string | null;
  readonly requests: number;
  readonly read: number;
  readonly inserted: number;
  readonly changed: number;
  readonly withdrawn: number;
  readonly quarantined: number;
  readonly error: string | null;
}

/** The completeness of an income list. */
export interface HeatRow {
  readonly account: string;
  readonly subAccount: string;
  readonly puid: string;
  readonly algo: string;
  readonly stream: string;
  readonly spans: readonly HeatSpan[];
}

export interface HeatSpan {
  /** ISO days in UTC, the end exclusive; null: from the beginning, or open. */
  readonly from: string | null;
  readonly to: string | null;
  /** `certified`, `certified except 3`, `in doubt 2`, `stale`, `missing` */
  readonly state: string;
}

const MAX_RUNS_SHOWN = 40;
const MAX_LISTS_SHOWN = 40;

/** By account, in the order of their priority. */
export async function readStreams(sql: Sql, filter: PageFilter): Promise<readonly StreamRow[]> {
  return sql<StreamRow[]>`
    SELECT account_name AS account, stream, state, last_success_at AS "lastSuccessAt", next_at AS "nextAt",
           extract(epoch FROM every)::float8 * 1000 AS "everyMs", scopes::int AS scopes, failing_scopes::int AS "failingScopes",
           last_error AS "lastError", open_quarantine::int AS "openQuarantine", rows_in_doubt::int AS "rowsInDoubt",
           degraded_rows::int AS "degradedRows", unserved_rows::int AS "unservedRows", unknown_values AS "unknownValues"
      FROM report.data_freshness
     WHERE ${filter.account === null ? sql`true` : sql`account_name = ${filter.account}`}`;
}

/** The latest runs; those that changed something or did not succeed come before those that found nothing new. */
export async function readRuns(sql: Sql, filter: PageFilter): Promise<readonly RunRow[]> {
  const { account, puid, algo } = filter;
  return sql<RunRow[]>`
    SELECT a.account_name AS account, r.stream, s.sub_account AS "subAccount", nullif(r.algo, '') AS algo, r.trigger,
           r.started_at AS "startedAt", r.finished_at AS "finishedAt", r.outcome, r.requests, r.rows_read AS read,
           r.rows_inserted AS inserted, r.rows_changed AS changed, r.rows_withdrawn AS withdrawn,
           r.rows_quarantined AS quarantined, r.error_message AS error
      FROM sync.runs r
      JOIN pool.accounts a ON a.account_id = r.account_id
      LEFT JOIN report.sub_accounts s ON s.puid = r.puid
     WHERE r.outcome IS DISTINCT FROM 'skipped'
       ${account === null ? sql`` : sql`AND a.account_name = ${account}`}
       ${puid === null ? sql`` : sql`AND r.puid = ${puid}::text::bigint`}
       ${algo === null ? sql`` : sql`AND r.algo = ${algo}`}
     ORDER BY r.started_at DESC LIMIT ${MAX_RUNS_SHOWN}`;
}

/** Income lists, incomplete ones first. */
export async function readHeat(sql: Sql, filter: PageFilter): Promise<readonly HeatRow[]> {
  const day = (column: ReturnType<Sql>) =>
    sql`CASE WHEN isfinite(${column}) THEN to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD') END`;
  return sql<HeatRow[]>`
    SELECT account_name AS account, sub_account AS "subAccount", puid::text AS puid, algo, stream,
           jsonb_agg(jsonb_build_object('from', ${day(sql`from_at`)}, 'to', ${day(sql`to_at`)}, 'state', state) ORDER BY from_at NULLS FIRST) AS spans
      FROM report.completeness c
     WHERE ${filterScope(sql, filter, { puid: sql`c.puid`, algo: sql`c.algo` })}
     GROUP BY account_name, sub_account, puid, algo, stream
     ORDER BY bool_and(state = 'certified'), account_name, sub_account, algo, stream LIMIT ${MAX_LISTS_SHOWN}`;
}

/** Sub-account names by id. */
export async function readNames(sql: Sql): Promise<ReadonlyMap<string, string>> {
  const rows = await sql<{ puid: string; name: string }[]>`
    SELECT puid::text AS puid, sub_account AS name FROM report.sub_accounts`;
  return new Map(rows.map(({ puid, name }) => [puid, name]));
}
