import type { Sql } from 'postgres';
import { judge } from '../wellness/judge';
import type { Problem } from '../wellness/problem';
import type {
  AccountFacts,
  FreshnessFacts,
  QuarantineFacts,
  Reachability,
  TotalsFacts,
} from '../wellness/facts';
import { readWellnessFacts, type AccountNames } from '../wellness/read-facts';

/** The state shown to Prometheus. It is read from the database, so that it is the same from every process and after a restart. */
export interface Measures {
  readonly accounts: readonly AccountFacts[];
  readonly streams: readonly FreshnessFacts[];
  readonly scopes: readonly ScopeCount[];
  readonly ledgers: readonly LedgerSize[];
  readonly tables: readonly { readonly table: string; readonly rows: number }[];
  readonly databaseBytes: number;
  readonly quarantine: readonly QuarantineFacts[];
  readonly totals: readonly TotalsFacts[];
  readonly problems: readonly Problem[];
}

/** Scopes of a stream of an account in one state: `synced`, `failing`, `nothing to ask` or `first sync`. */
export interface ScopeCount {
  readonly account: string;
  readonly stream: string;
  readonly state: string;
  readonly scopes: number;
}

/** How much of one income stream of an account has been read. */
export interface LedgerSize {
  readonly account: string;
  readonly stream: string;
  /** Rows in certified windows. */
  readonly rows: number;
  /** Rows counted by the pool; null until every list has been counted. */
  readonly poolRows: number | null;
}

/** Cheap queries: none reads income rows or samples. `judged` as for `readWellnessFacts`. */
export async function readMeasures(sql: Sql, judged: AccountNames, queue: Reachability): Promise<Measures> {
  const [facts, scopes, ledgers, tables, [size]] = await Promise.all([
    readWellnessFacts(sql, judged),
    readScopes(sql),
    readLedgers(sql),
    readTables(sql),
    sql<{ bytes: number }[]>`SELECT pg_database_size(current_database())::float8 AS bytes`,
  ]);
  const { accounts = [], freshness = [], quarantine = [], totals = [] } = facts;
  const { problems } = judge({ ...facts, queue });
  return {
    accounts,
    streams: freshness,
    scopes,
    ledgers,
    tables,
    databaseBytes: size?.bytes ?? 0,
    quarantine,
    totals,
    problems,
  };
}

async function readScopes(sql: Sql): Promise<readonly ScopeCount[]> {
  return sql<ScopeCount[]>`
    SELECT a.account_name AS account, c.stream,
           CASE WHEN c.consecutive_failures > 0 THEN 'failing'
                WHEN c.last_success_at IS NOT NULL THEN 'synced'
                WHEN c.last_skip_at IS NOT NULL THEN 'nothing to ask'
                ELSE 'first sync' END AS state,
           count(*)::int AS scopes
      FROM sync.cursors c
      LEFT JOIN pool.sub_accounts s USING (puid)
      JOIN pool.accounts a ON a.account_id = coalesce(c.account_id, s.account_id)
     GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`;
}

/** The same share that the pages show. */
async function readLedgers(sql: Sql): Promise<readonly LedgerSize[]> {
  return sql<LedgerSize[]>`
    SELECT s.account_name AS account, l.stream, sum(l.rows)::float8 AS rows,
           CASE WHEN bool_and(l.pool_rows IS NOT NULL) THEN sum(l.pool_rows)::float8 END AS "poolRows"
      FROM sync.income_lists l
      JOIN report.sub_accounts s USING (puid)
     GROUP BY 1, 2 ORDER BY 1, 2`;
}

/** Row counts as estimated by the last ANALYZE, since counting is slow. */
async function readTables(sql: Sql): Promise<Measures['tables']> {
  return sql<{ table: string; rows: number }[]>`
    SELECT t.relname AS table, sum(greatest(p.reltuples, 0))::float8 AS rows
      FROM pg_class t
     CROSS JOIN LATERAL pg_partition_tree(t.oid) AS tree
      JOIN pg_class p ON p.oid = tree.relid
     WHERE t.relnamespace = 'pool'::regnamespace AND t.relkind IN ('r', 'p') AND tree.isleaf
     GROUP BY t.relname ORDER BY t.relname`;
}
