/** An item that could not be understood: kept whole, never guessed at. */
export interface UnreadableRow {
  /** The item as JSON text, every number digit for digit. */
  readonly raw: string;
  /** One sentence: which field, what was wrong with it. */
  readonly reason: string;
  /** When it says it was mined, where that can be read. */
  readonly minedAtMs?: number;
}

/** A list as the pool served it in one response: the rows that could be read, and those that could not. */
export interface Listing<Row> {
  readonly rows: readonly Row[];
  readonly unreadable: readonly UnreadableRow[];
  /** When the response had arrived, by the host's clock, ms since the epoch. */
  readonly answeredAtMs: number;
}

/** One page of a list. `rows.length + unreadable.length` is what was served. */
export interface Page<Row> extends Listing<Row> {
  readonly currentPage: number;
  /** As the server says; it may be smaller than what was asked. */
  readonly pageSize: number;
  /** Rows on all pages of this query, as the server counts them; null where it does not say. */
  readonly totalNum: number | null;
  /** Pages of this query, as the server counts them; null where it does not say. */
  readonly totalPage: number | null;
}

export function servedCount(listing: Listing<unknown>): number {
  return listing.rows.length + listing.unreadable.length;
}
