/** Waiting this long counts as much as one step of priority, so that nobody waits for ever. */
export const AGEING_MS = 30_000;

interface Place<Item> {
  readonly item: Item;
  /** Who is smaller goes first: priority, and with equal priority or after long waiting, arrival. */
  readonly rank: number;
}

/** Those who wait for one bucket, in the order in which they are served. */
export class WaitingLine<Item> {
  readonly #places: Place<Item>[] = [];

  get length(): number {
    return this.#places.length;
  }

  /** `priority` 1 is served first; `arrivedAtMs` by the monotonic clock. */
  add(item: Item, priority: number, arrivedAtMs: number): void {
    // Everyone ages equally, so an order once right stays right.
    const rank = priority * AGEING_MS + arrivedAtMs;
    let low = 0;
    let high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#places[middle];
      if (other !== undefined && other.rank <= rank) low = middle + 1;
      else high = middle;
    }
    this.#places.splice(low, 0, { item, rank });
  }

  first(): Item | undefined {
    return this.#places[0]?.item;
  }

  shift(): Item | undefined {
    return this.#places.shift()?.item;
  }

  /** Everyone, in order; the line is empty afterwards. */
  clear(): Item[] {
    return this.#places.splice(0).map((place) => place.item);
  }

  remove(item: Item): void {
    const index = this.#places.findIndex((place) => place.item === item);
    if (index >= 0) this.#places.splice(index, 1);
  }
}
