import type { Worker } from './entities';
import type { WorkerId } from './ids';
import { servedCount, type Page, type UnreadableRow } from './page';

/** Reads of all pages before a contradiction between them is taken for lasting. */
const MAX_TURNS = 3;
/** Steps back that a turn may take beside one for every page, so that a fleet in motion ends it all the same. */
const SPARE_STEPS_BACK = 10;
/** Two million workers. */
const MAX_PAGES = 20_000;

interface LastRead {
  readonly currentPage: number;
  readonly totalNum: number;
}

/**
 * One list of workers, walked page by page while it shifts. Workers that leave the list before the page just read
 * move others from the next page into that one, unseen: where the count moves between two neighbouring pages, the
 * walk steps back and reads the earlier one again, until both were read under one count. What was seen stays seen.
 * The walk is complete when every page was joined to the next so, and no fewer workers were seen than are counted;
 * otherwise all pages are read again, a bounded number of times.
 */
export class WorkerWalk {
  private readonly ids = new Set<WorkerId>();
  /** By page, so that a page read again does not count its broken rows twice. */
  private readonly unreadableOf = new Map<number, readonly UnreadableRow[]>();
  private turn = 1;
  private next: number | null = 1;
  private lastRead: LastRead | null = null;
  private stepsBack = 0;
  private furthestPage = 0;
  /** Rows on the first page of this turn. */
  private fullPage = 0;
  private why: string | null = null;

  /** The page to read next; null when the walk is over. */
  get nextPage(): number | null {
    return this.next;
  }

  /** Why the walk is not complete; null when it is. */
  get contradiction(): string | null {
    return this.why;
  }

  /** Different workers seen. */
  get workerCount(): number {
    return this.ids.size;
  }

  get unreadable(): readonly UnreadableRow[] {
    return [...this.unreadableOf.values()].flat();
  }

  /** Takes in the page that `nextPage` named. */
  add(page: Page<Worker>): void {
    const knownCount = this.ids.size;
    for (const { workerId } of page.rows) this.ids.add(workerId);
    this.unreadableOf.set(page.currentPage, page.unreadable);
    this.furthestPage = Math.max(this.furthestPage, page.currentPage);
    const { lastRead } = this;
    this.lastRead = { currentPage: page.currentPage, totalNum: page.totalNum };
    const hasMoved = lastRead !== null && lastRead.totalNum !== page.totalNum;
    if (hasMoved && this.stepsBack < this.furthestPage + SPARE_STEPS_BACK) {
      this.stepsBack += 1;
      this.next = lastRead.currentPage;
      return;
    }
    if (hasMoved) {
      this.endTurn('the count of workers moved between its pages all the time');
      return;
    }
    if (!this.isLastPage(page, this.ids.size - knownCount)) {
      this.next = this.furthestPage + 1;
      if (this.next > MAX_PAGES) this.endTurn(`its list of workers has more than ${MAX_PAGES} pages`);
      return;
    }
    const seen = this.ids.size + this.unreadable.length;
    this.endTurn(seen < page.totalNum ? `the pool counts ${page.totalNum} workers and serves ${seen}` : null);
  }

  /** A page is full with as many rows as the server really serves, which may be fewer than asked. */
  private isLastPage(page: Page<Worker>, freshCount: number): boolean {
    if (page.currentPage < this.furthestPage) return false;
    const served = servedCount(page);
    if (served === 0) return true;
    if (page.currentPage === 1) this.fullPage = served;
    const position = (page.currentPage - 1) * this.fullPage + served;
    if (position <= page.totalNum) return position === page.totalNum;
    // More rows than are counted: the count is wrong, and behind a full page of news there may be another.
    return served < this.fullPage || freshCount === 0;
  }

  private endTurn(why: string | null): void {
    this.why = why;
    if (why === null || this.turn === MAX_TURNS) {
      this.next = null;
      return;
    }
    this.turn += 1;
    this.next = 1;
    this.lastRead = null;
    this.stepsBack = 0;
    this.furthestPage = 0;
    this.unreadableOf.clear();
  }
}
