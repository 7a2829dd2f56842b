import type { Sql } from 'postgres';

/** How one stream of one account is doing, over all its scopes (`report.data_freshness`). */
export interface StreamFreshness {
  readonly account: string;
  readonly stream: string;
  readonly lastSuccessAt: Date | null;
  /** No success (before the first success: no progress) for three intervals. */
  readonly isLate: boolean;
  readonly state: 'fresh' | 'failing' | 'late' | 'nothing to ask' | 'first sync' | 'waiting';
  readonly scopes: number;
  readonly failingScopes: number;
  /** Income rows stored without a detail that could not be parsed. */
  readonly degradedRows: string;
}

/** When each stream last succeeded. */
export async function readStreamFreshness(sql: Sql): Promise<readonly StreamFreshness[]> {
  return sql<StreamFreshness[]>`
    SELECT account_name AS account, stream, last_success_at AS "lastSuccessAt", is_late AS "isLate", state,
           scopes::int AS scopes, failing_scopes::int AS "failingScopes",
           degraded_rows::text AS "degradedRows"
      FROM report.data_freshness ORDER BY account_name, stream`;
}
