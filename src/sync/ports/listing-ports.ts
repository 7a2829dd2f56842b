/** What the streams that list everything at once need of the store: algorithms, sub-accounts, accumulated income. */
import type { DecimalText } from '../../core/decimal';
import type { SubAccount, SubAccountIncome } from '../../domain/entities';
import type { CoinsToAsk, ServedTotals } from '../../domain/ledger/coins';
import type { Listing } from '../../domain/page';
import type { ListingCounts, ListingResult } from '../../domain/row-counts';
import type { Scope } from '../../domain/scope';

/** Throws `sync.superseded` when the scope's cursor is no longer at `version` (P9). */
export interface CatalogStore {
  storeAlgorithms(
    scope: Scope,
    version: bigint,
    listing: Listing<string>,
    confirmedMissing: ReadonlySet<string>,
  ): Promise<ListingResult>;
  /**
   * Throws `account.duplicate` when another account has the same sub-account, `account.changed` when none of the
   * account's known sub-accounts is listed now; the account is stopped in the same transaction.
   */
  storeSubAccounts(
    scope: Scope,
    version: bigint,
    listing: Listing<SubAccount>,
    confirmedMissing: ReadonlySet<string>,
  ): Promise<ListingResult>;
}

/**
 * Throws `sync.superseded` when the scope's cursor is no longer at `version` (P9). A coin that the pool totals
 * while no list of the account, read to its beginning, holds a row of it is recorded as hidden: runs then ask for it by
 * name.
 */
export interface IncomeStore {
  /** What to ask the pool's totals for; `discoverEveryMs`: how often coins are looked for that no list shows. */
  findCoins(scope: Scope, discoverEveryMs: number): Promise<CoinsToAsk>;
  storeAccountIncome(
    scope: Scope,
    version: bigint,
    served: ServedTotals<{ readonly currency: string; readonly amount: DecimalText }>,
  ): Promise<ListingCounts>;
  storeSubAccountIncome(
    scope: Scope,
    version: bigint,
    served: ServedTotals<SubAccountIncome & { readonly currency: string }>,
  ): Promise<ListingCounts>;
}
