import type { Sql } from 'postgres';

export type ReconciliationVerdict = 'matches' | "matches to the pool's digits" | 'differs' | 'not comparable';

/**
 * The ledger compared with one of the pool's own totals in one currency, as of the moment at which the pool served it
 * (`report.reconciliation`, `report.account_reconciliation`). Amounts are exact decimal texts.
 */
export interface ReconciliationRow {
  readonly account: string;
  /** Null: the account's total over all its sub-accounts. */
  readonly subAccount: string | null;
  readonly puid: string | null;
  readonly currency: string;
  /** Null: the pool has reported no total. */
  readonly observedAt: Date | null;
  readonly poolTotal: string | null;
  readonly ledgerSettled: string;
  readonly ledgerPending: string;
  /** The pool's total minus what it was compared with; null without a total. */
  readonly difference: string | null;
  readonly verdict: ReconciliationVerdict;
  /** What the pool's total counts, inferred from the match; null if nothing matched. */
  readonly definition: string | null;
  /** Why it is not comparable, or what it differs from; null if it matches. */
  readonly reason: string | null;
  /** Other definitions that fit all totals of the account; null if none does. */
  readonly alsoFits: string | null;
  /** The UTC day on which the definition of the account's totals was proven; null: not proven. */
  readonly provenOn: string | null;
  /** Days that are not certified, in words; null if all are. */
  readonly uncertified: string | null;
}

/** Compares every account, then every sub-account, by currency; those that differ first. */
export async function readReconciliation(sql: Sql): Promise<readonly ReconciliationRow[]> {
  return sql<ReconciliationRow[]>`
    SELECT account_name AS account, sub_account AS "subAccount", puid::text AS puid, currency, observed_at AS "observedAt",
           trim_scale(pool_total)::text AS "poolTotal", trim_scale(ledger_settled)::text AS "ledgerSettled",
           trim_scale(ledger_pending)::text AS "ledgerPending", trim_scale(difference)::text AS difference, verdict, definition,
           CASE WHEN reason LIKE '%in quarantine'
                THEN reason || ' (including accepted ones): kpool quarantine list --all' ELSE reason END AS reason,
           also_fits AS "alsoFits", (proven_since AT TIME ZONE 'UTC')::date::text AS "provenOn", uncertified
      FROM sync.judged_totals
     ORDER BY array_position(ARRAY['differs', 'not comparable'], verdict) NULLS LAST, account,
              "subAccount" NULLS FIRST, currency`;
}
