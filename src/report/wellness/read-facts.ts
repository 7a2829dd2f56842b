import type { Sql } from 'postgres';
import { readDoubts } from './doubts';
import { readReconciliation } from '../reconciliation/reconciliation';
import type {
  AccountFacts,
  EmptiedFacts,
  FreshnessFacts,
  HistoryFacts,
  LeftOutFacts,
  QuarantineFacts,
  RunFacts,
  UnsentFacts,
  WellnessFacts,
} from './facts';
import { judgeTotals } from './totals';

/** Consecutive failures before a scope counts as stuck, where its interval is long. */
const STUCK_AFTER_FAILURES = 5;

/**
 * The accounts whose problems are reported: the configured ones, or null for all in the database if none is configured. An
 * account that is no longer configured becomes late, which is not a problem.
 */
export type AccountNames = readonly string[] | null;

/** The facts for `/readyz`: cheap enough for a probe every few seconds. */
export async function readServiceFacts(sql: Sql, accounts: AccountNames): Promise<WellnessFacts> {
  const [known, freshness] = await Promise.all([
    readAccountFacts(sql, accounts),
    readFreshnessFacts(sql, accounts),
  ]);
  return { database: 'ok', accounts: known, freshness, ...(accounts === null ? {} : { expected: accounts }) };
}

/** All facts that the database holds. */
export async function readWellnessFacts(sql: Sql, accounts: AccountNames): Promise<WellnessFacts> {
  const [
    service,
    leftOut,
    runs,
    histories,
    quarantine,
    doubts,
    emptied,
    reconciliation,
    recentEveryMs,
    unsent,
  ] = await Promise.all([
    readServiceFacts(sql, accounts),
    readLeftOut(sql, accounts),
    readRunFacts(sql, accounts),
    readHistories(sql, accounts),
    readQuarantine(sql, accounts),
    readDoubts(sql),
    readEmptied(sql, accounts),
    readReconciliation(sql),
    readRecentEveryMs(sql),
    readUnsent(sql, accounts),
  ]);
  const isJudged = ({ account }: { readonly account: string }): boolean =>
    accounts === null || accounts.includes(account);
  const rows = reconciliation.filter(isJudged);
  return {
    ...service,
    leftOut,
    runs,
    histories,
    quarantine,
    doubts: doubts.filter(isJudged),
    emptied,
    unsent,
    // Until the pool has named a currency, there is nothing to compare.
    ...(rows.length === 0 ? {} : { totals: judgeTotals(rows) }),
    ...(recentEveryMs === null ? {} : { recentEveryMs }),
  };
}

async function readAccountFacts(sql: Sql, accounts: AccountNames): Promise<readonly AccountFacts[]> {
  return sql<AccountFacts[]>`
    SELECT account_name AS account, status, status_reason AS reason
      FROM pool.accounts WHERE ${isOneOf(sql, accounts)} ORDER BY account_name`;
}

async function readLeftOut(sql: Sql, accounts: AccountNames): Promise<readonly LeftOutFacts[]> {
  return sql<LeftOutFacts[]>`
    SELECT k.account_name AS account, count(*)::int AS "subAccounts",
           string_agg(format('%s (%s, of %s)', n.sub_account, n.puid, n.account_name), ', ' ORDER BY n.puid) AS names
      FROM sync.left_out_sub_accounts l
      JOIN pool.accounts k USING (account_id)
      JOIN report.sub_accounts n USING (puid)
     WHERE ${isOneOf(sql, accounts, sql`k.account_name`)}
     GROUP BY k.account_name ORDER BY 1`;
}

/** Streams that have something to ask. */
async function readFreshnessFacts(sql: Sql, accounts: AccountNames): Promise<readonly FreshnessFacts[]> {
  return sql<FreshnessFacts[]>`
    SELECT f.account_name AS account, f.stream, extract(epoch FROM f.every)::float8 * 1000 AS "everyMs",
           f.last_success_at AS "lastSuccessAt", f.is_late AS "isLate", stuck.scopes AS "stuckScopes"
      FROM report.data_freshness f
     CROSS JOIN LATERAL (
       SELECT count(*)::int AS scopes FROM sync.cursors c LEFT JOIN pool.sub_accounts s USING (puid)
        WHERE coalesce(c.account_id, s.account_id) = f.account_id AND c.stream = f.stream
          AND c.consecutive_failures >= ${STUCK_AFTER_FAILURES}
          AND sync.now() - coalesce(c.last_success_at, c.created_at) > 3 * f.every) AS stuck
     WHERE ${isOneOf(sql, accounts)} AND f.last_progress_at IS NOT NULL
     ORDER BY 1, 2`;
}

async function readRunFacts(sql: Sql, accounts: AccountNames): Promise<readonly RunFacts[]> {
  return sql<RunFacts[]>`
    SELECT a.account_name AS account, r.stream, count(*)::int AS scopes,
           count(*) FILTER (WHERE r.outcome = 'failed')::int AS failed,
           count(*) FILTER (WHERE r.outcome = 'partial')::int AS partial, 0 AS unfinished,
           (array_agg(r.error_message ORDER BY r.outcome <> 'failed', r.started_at DESC)
              FILTER (WHERE r.outcome <> 'succeeded'))[1] AS reason
      FROM sync.latest_runs r
      JOIN pool.accounts a USING (account_id)
     WHERE ${isOneOf(sql, accounts)}
     GROUP BY a.account_name, r.stream ORDER BY 1, 2`;
}

async function readHistories(sql: Sql, accounts: AccountNames): Promise<readonly HistoryFacts[]> {
  return sql<HistoryFacts[]>`
    SELECT account_name AS account, count(*)::int AS lists,
           count(*) FILTER (WHERE history_complete)::int AS complete
      FROM sync.income_lists JOIN report.sub_accounts USING (puid)
     WHERE ${isOneOf(sql, accounts)}
     GROUP BY account_name ORDER BY 1`;
}

async function readQuarantine(sql: Sql, accounts: AccountNames): Promise<readonly QuarantineFacts[]> {
  return sql<QuarantineFacts[]>`
    SELECT account_name AS account, stream, count(*)::int AS open
      FROM sync.quarantined_rows q
      LEFT JOIN pool.sub_accounts s USING (puid)
      JOIN pool.accounts a ON a.account_id = coalesce(q.account_id, s.account_id)
     WHERE ${isOneOf(sql, accounts)} AND resolved_at IS NULL AND accepted_at IS NULL
     GROUP BY account_name, stream ORDER BY 1, 2`;
}

async function readEmptied(sql: Sql, accounts: AccountNames): Promise<readonly EmptiedFacts[]> {
  return sql<EmptiedFacts[]>`
    SELECT a.account_name AS account, l.stream, count(*)::int AS lists, sum(l.rows)::int AS rows,
           min(l.empty_since) AS since, min(format('%s (%s)', a.sub_account, l.algo)) AS name
      FROM sync.income_lists l
      JOIN report.sub_accounts a USING (puid)
      JOIN pool.sub_accounts s USING (puid)
     WHERE ${isOneOf(sql, accounts, sql`a.account_name`)} AND l.empty_since IS NOT NULL AND s.removed_at IS NULL
       AND l.rows > 0
     GROUP BY 1, 2 ORDER BY 1, 2`;
}

async function readUnsent(sql: Sql, accounts: AccountNames): Promise<readonly UnsentFacts[]> {
  return sql<UnsentFacts[]>`
    SELECT account_name AS account, count(*)::int AS alerts, min(unsent_since) AS since,
           coalesce(min(unsent_reason), '') AS reason
      FROM sync.alerts JOIN pool.accounts USING (account_id)
     WHERE ${isOneOf(sql, accounts)} AND unsent_since IS NOT NULL
     GROUP BY account_name ORDER BY 1`;
}

async function readRecentEveryMs(sql: Sql): Promise<number | null> {
  const [row] = await sql<{ everyMs: number }[]>`
    SELECT extract(epoch FROM every)::float8 * 1000 AS "everyMs" FROM sync.schedule WHERE name = 'recent'`;
  return row?.everyMs ?? null;
}

function isOneOf(sql: Sql, accounts: AccountNames, name = sql`account_name`) {
  if (accounts === null) return sql`true`;
  // As JSON, because our connections do not look up array types.
  return sql`${name} IN (SELECT jsonb_array_elements_text(${JSON.stringify(accounts)}::text::jsonb))`;
}
