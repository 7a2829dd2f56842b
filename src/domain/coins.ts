import type { UnreadableRow } from './page';

/** A coin that the pool totals for an account while its lists show none of it unless asked by name, as one scope knows it. */
export interface HiddenCoin {
  readonly currency: string;
  /** When all of the scope's list was last read for it; null: never. */
  readonly readAtMs: number | null;
  /** The scope has rows of it. */
  readonly hasRows: boolean;
}

/** A read of a list that was asked for one coin by name. */
export interface CoinRead {
  readonly currency: string;
  /** It ends the reading of all of the history. */
  readonly isWhole: boolean;
}

/** What to ask the pool's totals for. */
export interface CoinsToAsk {
  /** Currencies that the ledger of the account holds, and hidden ones. */
  readonly earned: readonly string[];
  /** The ledger was read, and coins that it does not hold were not looked for since long. */
  readonly isDiscoveryDue: boolean;
}

/** The pool's totals as one run was told them. */
export interface ToldTotals<Total> {
  readonly totals: readonly Total[];
  readonly unreadable: readonly UnreadableRow[];
  /** Every coin of `COINS` was asked for: coins that the lists hide would have shown. */
  readonly isDiscovery: boolean;
}
