import type { Sql } from 'postgres';
import { readStreamFreshness, type StreamFreshness } from './stream-freshness';
import { judge, type Wellness } from '../wellness/judge';
import { readWellnessFacts, type AccountNames } from '../wellness/read-facts';

/** An account; anything but `ok` means that it is stopped, for `reason`. */
export interface AccountState {
  readonly account: string;
  readonly status: string;
  readonly reason: string | null;
}

/** How far back one scope's history has been read. */
export interface BackfillState {
  readonly account: string;
  readonly stream: string;
  readonly subAccount: string;
  readonly algo: string;
  readonly isComplete: boolean;
  readonly completeFrom: Date | null;
  readonly windows: number;
  readonly rows: string;
}

/** A scope whose latest run did not succeed. */
export interface FailureState {
  readonly account: string;
  readonly stream: string;
  readonly puid: string | null;
  readonly algo: string | null;
  readonly at: Date;
  readonly outcome: string;
  readonly code: string | null;
  readonly message: string | null;
}

/** The state of the service and its data. */
export interface ServiceStatus {
  readonly wellness: Wellness;
  readonly accounts: readonly AccountState[];
  readonly freshness: readonly StreamFreshness[];
  readonly backfill: readonly BackfillState[];
  readonly failures: readonly FailureState[];
  /** API keys with one rate limit for all endpoints, because the pool throttled them. */
  readonly keysPacedAsWhole: number;
}

const MAX_FAILURES = 20;

/** What `kpool status` and the overview show. Only problems of `judged` accounts are reported. */
export async function readStatus(sql: Sql, judged: AccountNames): Promise<ServiceStatus> {
  const [facts, accounts, freshness, backfill, failures, keysPacedAsWhole] = await Promise.all([
    readWellnessFacts(sql, judged),
    readAccountStates(sql),
    readStreamFreshness(sql),
    readBackfill(sql),
    readFailures(sql, MAX_FAILURES),
    countKeysPacedAsWhole(sql),
  ]);
  return { wellness: judge(facts), accounts, freshness, backfill, failures, keysPacedAsWhole };
}

/** Every account ever configured, and whether it is stopped. */
async function readAccountStates(sql: Sql): Promise<readonly AccountState[]> {
  return sql<AccountState[]>`
    SELECT a.account_name AS account, a.status, a.status_reason AS reason
      FROM pool.accounts a ORDER BY a.account_name`;
}

async function countKeysPacedAsWhole(sql: Sql): Promise<number> {
  const [row] = await sql<{ keys: number }[]>`SELECT count(*)::int AS keys FROM sync.bucket_scopes`;
  return row?.keys ?? 0;
}

/** Progress of every scope's history, incomplete ones first. */
async function readBackfill(sql: Sql): Promise<readonly BackfillState[]> {
  return sql<BackfillState[]>`
    SELECT a.account_name AS account, l.stream, a.sub_account AS "subAccount", l.algo,
           l.history_complete AS "isComplete", l.complete_from AS "completeFrom",
           l.verified_windows::int AS windows, l.rows::text AS rows
      FROM sync.income_lists l
      JOIN report.sub_accounts a USING (puid)
     ORDER BY l.history_complete, a.account_name, l.stream, "subAccount", l.algo`;
}

/** The latest run of every scope whose latest run did not succeed, newest first. */
async function readFailures(sql: Sql, limit: number): Promise<readonly FailureState[]> {
  return sql<FailureState[]>`
    SELECT a.account_name AS account, r.stream, r.puid::text AS puid, nullif(r.algo, '') AS algo,
           r.finished_at AS at, r.outcome, r.error_code AS code, r.error_message AS message
      FROM sync.latest_runs r
      JOIN pool.accounts a USING (account_id)
     WHERE r.outcome <> 'succeeded'
     ORDER BY r.finished_at DESC LIMIT ${limit}`;
}
