import type { UnreadableRow } from '../page';

/**
 * A coin that the pool totals for an account although its lists show it only when asked by name, as known in one scope.
 */
export interface HiddenCoin {
  readonly currency: string;
  /** When the scope's whole list was last read for it; null: never. */
  readonly readAtMs: number | null;
  /** The scope has rows of it. */
  readonly hasRows: boolean;
}

/** A read of a list that was asked for one coin by name. */
export interface CoinRead {
  readonly currency: string;
  /** This read completes the coin's whole history. */
  readonly completesHistory: boolean;
}

/** What to ask the pool's totals for. */
export interface CoinsToAsk {
  /** Currencies that the ledger of the account holds, and hidden ones. */
  readonly earned: readonly string[];
  /** The ledger was read, and it is time to look for coins that it does not hold. */
  readonly isDiscoveryDue: boolean;
}

/** The pool's totals, as served to one run. */
export interface ServedTotals<Total> {
  readonly totals: readonly Total[];
  readonly unreadable: readonly UnreadableRow[];
  /** Every coin of `COINS` was asked for, so that coins that the lists hide show. */
  readonly isDiscovery: boolean;
}
