import type { Worker } from './entities';
import type { WorkerId } from './ids';
import { servedCount, type Page, type UnreadableRow } from './page';

/** Times that all pages are read before a contradiction between them is taken for lasting. */
const MAX_TURNS = 3;
/** Reads that a turn may take beside two for every page, so that a fleet in motion ends it all the same. */
const SPARE_READS = 10;
/** Two million workers. */
const MAX_PAGES = 20_000;

/**
 * One list of workers, walked page by page while it shifts. Workers that leave the list move those behind them
 * forward, out of the next page into one that was read already: when the count falls by n, the last n places that
 * were seen may be held by others now, and the walk goes back to the page in which the first of them lies. Workers
 * that join move others backward, where they are merely seen twice. What was seen stays seen. The walk is complete
 * when it has come to the end of the list so, and no fewer workers were seen than are counted; otherwise all pages
 * are read again, a bounded number of times. A worker that stands twice on one page takes two of the places counted.
 */
export class WorkerWalk {
  private readonly ids = new Set<WorkerId>();
  /** By page, so that a page read again does not count its broken rows twice. */
  private readonly unreadableOf = new Map<number, readonly UnreadableRow[]>();
  /** Places beside the first that one worker takes on a page, by page. */
  private readonly repeatedOf = new Map<number, number>();
  private turn = 1;
  private next: number | null = 1;
  /** Places of the list, from its start, whose workers were all seen. */
  private seenPlaces = 0;
  /** Rows on a full page as they are really served, which may be fewer than asked. */
  private pageRows = 0;
  private lastTotal: number | null = null;
  private reads = 0;
  /** An answer without even a count is believed to be an empty list when it comes twice. */
  private sawNothing = false;
  private why: string | null = null;

  /** The page to read next; null when the walk is over. */
  get nextPage(): number | null {
    return this.next;
  }

  /** Why the walk is not complete; null when it is. */
  get contradiction(): string | null {
    return this.why;
  }

  get unreadable(): readonly UnreadableRow[] {
    return [...this.unreadableOf.values()].flat();
  }

  /** Takes in the page that `nextPage` named. Returns how many workers on it were not seen before. */
  add(page: Page<Worker>): number {
    const { currentPage } = page;
    const served = servedCount(page);
    if (currentPage === 1 && served === 0 && page.totalNum === null && !this.sawNothing) {
      this.sawNothing = true;
      return 0;
    }
    const knownCount = this.ids.size;
    for (const { workerId } of page.rows) this.ids.add(workerId);
    const newCount = this.ids.size - knownCount;
    const pageIds = new Set(page.rows.map(({ workerId }) => workerId));
    this.repeatedOf.set(currentPage, page.rows.length - pageIds.size);
    if (page.unreadable.length > 0) this.unreadableOf.set(currentPage, page.unreadable);
    else this.unreadableOf.delete(currentPage);
    this.reads += 1;
    const fallen = Math.max(0, (this.lastTotal ?? 0) - (page.totalNum ?? this.lastTotal ?? 0));
    this.seenPlaces = Math.max(0, this.seenPlaces - fallen);
    this.lastTotal = page.totalNum ?? this.lastTotal;
    if (currentPage === 1) this.pageRows = Math.max(this.pageRows, served);
    const firstPlace = (currentPage - 1) * this.pageRows;
    const isJoined = firstPlace <= this.seenPlaces;
    if (isJoined) this.seenPlaces = Math.max(this.seenPlaces, firstPlace + served);
    const isShort = served < this.pageRows || served === 0;
    // A pool that does not count: the list goes on until a page is short.
    const totalNum = this.lastTotal ?? (isShort ? 0 : Infinity);
    // More rows than are counted: the count is wrong, and behind a full page of news there may be another.
    const isSurplus = this.seenPlaces > totalNum && !isShort && newCount > 0;
    if (isJoined && !isSurplus && (isShort || this.seenPlaces >= totalNum)) {
      const repeated = [...this.repeatedOf.values()].reduce((sum, places) => sum + places, 0);
      const seen = this.ids.size + this.unreadable.length + repeated;
      this.endTurn(seen < totalNum ? `the pool counts ${totalNum} workers and serves ${seen}` : null);
      return newCount;
    }
    this.next = Math.floor(this.seenPlaces / this.pageRows) + 1;
    if (this.next > MAX_PAGES) this.endTurn(`the list has more than ${MAX_PAGES} pages`);
    else if (this.reads > 2 * Math.max(this.next, currentPage) + SPARE_READS) {
      this.endTurn('its count moves all the time');
    }
    return newCount;
  }

  private endTurn(why: string | null): void {
    this.why = why;
    if (why === null || this.turn === MAX_TURNS) {
      this.next = null;
      return;
    }
    this.turn += 1;
    this.next = 1;
    this.seenPlaces = 0;
    this.lastTotal = null;
    this.reads = 0;
    this.unreadableOf.clear();
    this.repeatedOf.clear();
  }
}
