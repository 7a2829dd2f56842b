import type { AccountId } from '../../domain/ids';
import type { Queryable } from '../client';

/** What alerts go by, of some accounts, at one moment. Instants are ms since the epoch, by the database's clock. */
export interface StoredAlertFacts {
  readonly nowMs: number;
  readonly recentEveryMs: number;
  readonly accounts: readonly AccountRow[];
  readonly streams: readonly StreamRow[];
  readonly totals: readonly TotalsRow[];
  readonly quarantine: readonly QuarantineRow[];
}

interface AccountRow {
  accountId: number;
  accountName: string;
  status: string;
  statusReason: string | null;
}

interface StreamRow {
  accountId: number;
  accountName: string;
  accountStatus: string;
  stream: string;
  everyMs: number;
  lastSuccessAtMs: number | null;
  lastProgressAtMs: number;
  scopes: number;
  stuckScopes: number;
  lastError: string | null;
}

interface TotalsRow {
  accountId: number;
  accountName: string;
  currency: string;
  differing: number;
  notComparable: number;
  worstSubAccount: string | null;
  worstDifference: string | null;
}

interface QuarantineRow {
  accountId: number;
  accountName: string;
  stream: string;
  open: number;
  recent: number;
}

/** Failures in a row of a scope before it counts as stuck: about a quarter of an hour of attempts. */
const STUCK_AFTER_FAILURES = 5;

export async function readAlertFacts(
  db: Queryable,
  accountIds: readonly AccountId[],
): Promise<StoredAlertFacts> {
  const ids = [...accountIds];
  const [moment] = await db.$queryRaw<{ nowMs: number; recentEveryMs: number }[]>`
    SELECT extract(epoch FROM sync.now())::float8 * 1000 AS "nowMs",
           extract(epoch FROM every)::float8 * 1000 AS "recentEveryMs"
      FROM sync.schedule WHERE name = 'recent'`;
  const accounts = await db.$queryRaw<AccountRow[]>`
    SELECT account_id::int AS "accountId", account_name AS "accountName", status, status_reason AS "statusReason"
      FROM pool.accounts WHERE account_id = ANY (${ids}::smallint[])`;
  // A stream of sub-accounts has nothing to do as long as the pool lists none.
  const streams = await db.$queryRaw<StreamRow[]>`
    SELECT f.account_id::int AS "accountId", f.account_name AS "accountName", f.account_status AS "accountStatus",
           f.stream, extract(epoch FROM f.every)::float8 * 1000 AS "everyMs",
           extract(epoch FROM f.last_success_at)::float8 * 1000 AS "lastSuccessAtMs",
           extract(epoch FROM f.last_progress_at)::float8 * 1000 AS "lastProgressAtMs",
           f.scopes::int AS scopes, stuck.scopes::int AS "stuckScopes", f.last_error AS "lastError"
      FROM report.data_freshness f
     CROSS JOIN LATERAL (
       SELECT count(*) AS scopes FROM sync.cursors c
        WHERE c.account_id = f.account_id AND c.stream = f.stream
          AND c.consecutive_failures >= ${STUCK_AFTER_FAILURES}
          AND sync.now() - coalesce(c.last_success_at, c.created_at) > 3 * f.every) AS stuck
     WHERE f.account_id = ANY (${ids}::smallint[]) AND f.last_progress_at IS NOT NULL
       AND (f.stream IN ('algorithms', 'sub-accounts', 'account-income', 'sub-account-income')
            OR EXISTS (SELECT FROM pool.sub_accounts s
                        WHERE s.account_id = f.account_id AND s.removed_at IS NULL AND s.default_algo <> ''))`;
  const totals = await db.$queryRaw<TotalsRow[]>`
    SELECT account_id::int AS "accountId", account_name AS "accountName", currency,
           count(*) FILTER (WHERE verdict = 'differs')::int AS differing,
           count(*) FILTER (WHERE verdict = 'not comparable' AND pool_total IS NOT NULL)::int AS "notComparable",
           (array_agg(sub_account ORDER BY abs(difference) DESC) FILTER (WHERE verdict = 'differs'))[1] AS "worstSubAccount",
           (array_agg(difference_text ORDER BY abs(difference) DESC) FILTER (WHERE verdict = 'differs'))[1] AS "worstDifference"
      FROM report.reconciliation WHERE account_id = ANY (${ids}::smallint[])
     GROUP BY account_id, account_name, currency`;
  const quarantine = await db.$queryRaw<QuarantineRow[]>`
    SELECT account_id::int AS "accountId", account_name AS "accountName", stream, count(*)::int AS open,
           count(*) FILTER (WHERE q.first_seen_at > sync.now() - interval '1 day')::int AS recent
      FROM sync.quarantined_rows q JOIN pool.accounts USING (account_id)
     WHERE resolved_at IS NULL AND accepted_at IS NULL AND account_id = ANY (${ids}::smallint[])
     GROUP BY account_id, account_name, stream`;
  return {
    nowMs: moment?.nowMs ?? NaN,
    recentEveryMs: moment?.recentEveryMs ?? NaN,
    accounts,
    streams,
    totals,
    quarantine,
  };
}
