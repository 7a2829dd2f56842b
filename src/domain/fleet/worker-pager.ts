import type { Worker, WorkerFilter } from '../entities';
import type { WorkerId } from '../ids';
import { servedCount, type Page, type UnreadableRow } from '../page';
import { cutPageAt } from './page-overlap';
import { WorkerRound } from './worker-round';

/** Rounds over all pages before a contradiction between them is reported. */
const MAX_LIST_ROUNDS = 3;
/** Enough for two million workers at 100 per page. */
const MAX_WORKER_PAGES = 20_000;

const FIRST_PAGE = { page: 1, rows: null };

/**
 * Pages through one list of workers in a stable order while the list shifts. A worker that leaves the list moves those
 * behind it forward, off the next page onto one that was already read; a worker that joins moves others backward, where
 * they are merely seen twice. From the first sign of movement, each page therefore overlaps the one before by a few
 * rows: while it holds a row already seen, nothing lies between the two; when it holds none, or the count fell before
 * anything overlapped, the pager steps back. It reads to the end of the list, and is complete when no gap was left:
 * every worker that stayed in the list throughout was seen. A list that stands still and serves fewer workers than it
 * counts is read again, up to `MAX_LIST_ROUNDS` times. A worker listed twice on one page takes two of the rows counted.
 */
export class WorkerPager {
  private round = new WorkerRound(1, 0);
  /** The last round in which each worker was seen without a gap before it; 0: in none. */
  private readonly seenIn = new Map<WorkerId, number>();
  /** What to ask for next; null at the end. `rows`: of the page; null: as many as the pool serves. */
  private next: { readonly page: number; readonly rows: number | null } | null = FIRST_PAGE;
  /** The pool ignores the page size asked for. */
  private ignoresPageSize = false;
  /** An answer with neither rows nor a count is taken for an empty list only the second time. */
  private sawNothing = false;
  private why: string | null = null;

  constructor(readonly status: WorkerFilter) {}

  /** The page to read next; null at the end. */
  get nextPage(): number | null {
    return this.next?.page ?? null;
  }

  /** The size of the page to read next; null: the largest. */
  get nextRows(): number | null {
    return this.next?.rows ?? null;
  }

  /** Why the read is not complete; null when it is. */
  get contradiction(): string | null {
    return this.why;
  }

  /** The list was seen to change while it was read. */
  get hasMoved(): boolean {
    return this.round.hasMoved;
  }

  /** The list changes so often that paging another one costs less. */
  get isRestless(): boolean {
    return this.round.isRestless;
  }

  /** Pages of full size that the list has; 0 before it was read. */
  get pageCount(): number {
    const { pageRows, counted } = this.round;
    return pageRows === 0 ? 0 : Math.ceil((counted ?? 0) / pageRows);
  }

  /** Workers in the list when it was last read; null where the pool does not count them. */
  get counted(): number | null {
    return this.round.counted;
  }

  get unreadable(): readonly UnreadableRow[] {
    return this.round.unreadable;
  }

  /** Adds the page that `nextPage` named. Returns how many of its workers were not seen before. */
  add(page: Page<Worker>): number {
    const { round } = this;
    const served = servedCount(page);
    if (page.currentPage === 1 && served === 0 && page.totalNum === null && !this.sawNothing) {
      this.sawNothing = true;
      return 0;
    }
    if (page.currentPage === 1 && this.nextRows === null) round.pageRows = Math.max(round.pageRows, served);
    const asked = this.nextRows ?? round.pageRows;
    const firstRow = (page.currentPage - 1) * asked;
    const fallen = round.noteRead(page.totalNum);
    const holdsSeen = page.rows.some(({ workerId }) => this.seenIn.get(workerId) === round.number);
    // No overlap was asked for: workers joined before these rows, and as many may have left.
    if (holdsSeen && firstRow === round.seenRows) round.noteMotion(0);
    const isAsAsked = this.noteCut(served, asked, firstRow);
    const hasGap = !isAsAsked || round.hasGapBefore(firstRow, fallen, holdsSeen);
    round.noteRest(firstRow, page);
    const newCount = this.noteWorkers(page, hasGap ? null : round.number);
    if (hasGap) round.stepBack(fallen);
    else round.advance(firstRow, page);
    const isShort = served < asked || served === 0;
    // A pool that does not count: the list continues until a page is short.
    const totalNum = round.counted ?? (isShort ? 0 : Infinity);
    // More rows than the pool counts: the count is wrong, and another page may follow a full one.
    const isSurplus = round.seenRows > totalNum && !isShort && newCount > 0;
    if (!hasGap && !isSurplus && (isShort || round.seenRows >= totalNum)) this.endRound(totalNum);
    else this.chooseNext();
    return newCount;
  }

  /** Whether the page was served in the size that was asked for; records a pool that ignores the size. */
  private noteCut(served: number, asked: number, firstRow: number): boolean {
    if (this.nextRows === null) return true;
    const isAsAsked =
      served <= asked && (served === asked || firstRow + served + asked > (this.round.counted ?? 0));
    if (!isAsAsked) this.ignoresPageSize = true;
    return isAsAsked;
  }

  /** `seenIn`: the round, or null if a gap lies before the page. Returns how many of its workers are new. */
  private noteWorkers({ rows }: Page<Worker>, seenIn: number | null): number {
    const knownCount = this.seenIn.size;
    for (const { workerId } of rows) {
      if (seenIn !== null) this.seenIn.set(workerId, seenIn);
      else if (!this.seenIn.has(workerId)) this.seenIn.set(workerId, 0);
    }
    return this.seenIn.size - knownCount;
  }

  private chooseNext(): void {
    const { seenRows, overlapRows, pageRows } = this.round;
    let overlap = this.ignoresPageSize ? 0 : overlapRows;
    let cut = cutPageAt(Math.max(0, seenRows - overlap), pageRows);
    // The overlap must leave a page room to advance.
    while (overlap > 0 && cut.currentPage * cut.rows <= seenRows) {
      overlap = Math.floor(overlap / 2);
      cut = cutPageAt(Math.max(0, seenRows - overlap), pageRows);
    }
    if (overlap === 0) cut = { currentPage: Math.floor(seenRows / pageRows) + 1, rows: pageRows };
    this.next = { page: cut.currentPage, rows: cut.rows === pageRows ? null : cut.rows };
    if (cut.currentPage > MAX_WORKER_PAGES) this.end(`the list has more than ${MAX_WORKER_PAGES} pages`);
  }

  private endRound(totalNum: number): void {
    const { isTooFast, movedBy, number, pageRows, repeatedCount, unreadable } = this.round;
    if (isTooFast) {
      this.end('its workers move faster than they can be read');
      return;
    }
    const seen = this.seenIn.size + unreadable.length + repeatedCount;
    // Workers that joined before the current page are counted but were not seen.
    if (seen + movedBy >= totalNum) this.end(null);
    else if (movedBy > 0 || number === MAX_LIST_ROUNDS) {
      this.end(`the pool counts ${totalNum} workers and serves ${seen}`);
    } else {
      this.round = new WorkerRound(number + 1, pageRows);
      this.next = FIRST_PAGE;
    }
  }

  private end(why: string | null): void {
    this.why = why;
    this.next = null;
  }
}
