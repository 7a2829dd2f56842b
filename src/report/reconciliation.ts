import type { Sql } from 'postgres';

export type Verdict = 'matches' | "matches to the pool's digits" | 'differs' | 'not comparable';

/**
 * The ledger against the pool's own total of one sub-account and currency, as of the moment at which the pool gave
 * it (`report.reconciliation`). Amounts are exact decimal texts.
 */
export interface ReconciliationRow {
  readonly account: string;
  readonly subAccount: string;
  readonly puid: string;
  readonly currency: string;
  /** Null: the pool has given no total. */
  readonly observedAt: Date | null;
  readonly poolTotal: string | null;
  readonly ledgerSettled: string;
  readonly ledgerPending: string;
  /** The pool's total less what it was compared with; null without a total. */
  readonly difference: string | null;
  readonly verdict: Verdict;
  /** What the pool's total counts, as far as the match shows; null when nothing matched. */
  readonly definition: string | null;
  /** Why it is not comparable; null when it is. */
  readonly reason: string | null;
}

/** Compares every sub-account and currency, those that differ first. */
export async function readReconciliation(sql: Sql): Promise<readonly ReconciliationRow[]> {
  return sql<ReconciliationRow[]>`
    SELECT account_name AS account, sub_account AS "subAccount", puid::text AS puid, currency,
           observed_at AS "observedAt", pool_total_text AS "poolTotal", ledger_settled_text AS "ledgerSettled",
           ledger_pending_text AS "ledgerPending", difference_text AS difference, verdict, definition, reason
      FROM report.reconciliation
     ORDER BY array_position(ARRAY['differs', 'not comparable'], verdict) NULLS LAST, account_name, sub_account, currency`;
}
