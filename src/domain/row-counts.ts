/** What became of the rows of a list of current items: algorithms, sub-accounts, workers, totals. */
export interface ListingCounts {
  readonly inserted: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly removed: number;
  readonly quarantined: number;
}

/** What became of the rows of one window of the ledger. */
export interface RowCounts {
  readonly inserted: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly withdrawn: number;
  /** Unreadable rows that nobody accepted. */
  readonly quarantined: number;
  /** Live rows that a complete read did not serve, kept because an unreadable row may be any of them. */
  readonly inDoubt: number;
}

/** What became of a list of current items. */
export type ListingResult =
  | { readonly outcome: 'stored'; readonly counts: ListingCounts }
  /** Nothing was written: these would be removed, and a second listing has to agree. */
  | { readonly outcome: 'unconfirmed'; readonly missing: ReadonlySet<string> };
