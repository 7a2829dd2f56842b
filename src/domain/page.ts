/** The largest page that the specification allows, and the smallest. */
export const MAX_PAGE_SIZE = 100;
export const MIN_PAGE_SIZE = 10;

/** An item that could not be parsed: kept whole, never guessed at. */
export interface UnreadableRow {
  /** The item as JSON text, every number digit for digit. */
  readonly raw: string;
  /** One sentence: which field, what was wrong with it. */
  readonly reason: string;
  /** When it was mined, if that can be read. */
  readonly minedAtMs?: number;
}

/** What was served: the rows that could be parsed, and those that could not. */
export interface Served<Row> {
  readonly rows: readonly Row[];
  readonly unreadable: readonly UnreadableRow[];
}

/** A list as the pool served it in one response. */
export interface Listing<Row> extends Served<Row> {
  /** When the response arrived, by the host's clock, ms since the epoch. */
  readonly answeredAtMs: number;
}

/** One page of a list. `rows.length + unreadable.length` is what was served. */
export interface Page<Row> extends Listing<Row> {
  readonly currentPage: number;
  /** As served; it may be smaller than asked for. */
  readonly pageSize: number;
  /** The pool's count of rows on all pages of the query; null when it gives none. */
  readonly totalNum: number | null;
  /** The pool's count of pages; null when it gives none. */
  readonly totalPage: number | null;
}

export function servedCount({ rows, unreadable }: Served<unknown>): number {
  return rows.length + unreadable.length;
}

/** All that was served, in order. */
export function joinServed<Row>(parts: readonly Served<Row>[]): Served<Row> {
  return {
    rows: parts.flatMap(({ rows }) => rows),
    unreadable: parts.flatMap(({ unreadable }) => unreadable),
  };
}
