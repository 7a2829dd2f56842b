/** What the streams that list everything at once need of the store: algorithms, sub-accounts, accumulated income. */
import type { ListingCounts } from '../domain/row-counts';
import type { DecimalText } from '../core/decimal';
import type { SubAccount, SubAccountIncome } from '../domain/entities';
import type { AccountId } from '../domain/ids';
import type { Listing, UnreadableRow } from '../domain/page';
import type { Scope } from './ports';

export type ListingResult =
  | { readonly outcome: 'stored'; readonly counts: ListingCounts }
  /** Nothing was written: these would be removed, and a second listing has to agree. */
  | { readonly outcome: 'unconfirmed'; readonly missing: ReadonlySet<string> };

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

/** Throws `sync.superseded` when the scope's cursor is no longer at `version` (P9). */
export interface IncomeStore {
  /** Currencies that the ledger of an account holds. */
  findCurrencies(accountId: AccountId): Promise<string[]>;
  storeAccountIncome(
    scope: Scope,
    version: bigint,
    totals: readonly { readonly currency: string; readonly amount: DecimalText }[],
    unreadable: readonly UnreadableRow[],
  ): Promise<ListingCounts>;
  storeSubAccountIncome(
    scope: Scope,
    version: bigint,
    totals: readonly (SubAccountIncome & { readonly currency: string })[],
    unreadable: readonly UnreadableRow[],
  ): Promise<ListingCounts>;
}
