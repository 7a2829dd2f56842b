import type { Worker, WorkerFilter } from '../entities';
import type { WorkerId } from '../ids';
import { cutPageAt } from './page-overlap';
import { servedCount, type Page, type UnreadableRow } from '../page';

/** Rounds over all pages before a contradiction between them is reported. */
const MAX_LIST_ROUNDS = 3;
/** Enough for two million workers at 100 per page. */
const MAX_WORKER_PAGES = 20_000;
/** Rows by which a page overlaps the previous one once the list has moved; doubled whenever that was too few. */
const FIRST_OVERLAP_ROWS = 3;
/** Largest overlap, as a share of a page. */
const MAX_OVERLAP_SHARE = 0.25;
/** More gaps than `SPARE_GAPS` plus one in `READS_PER_GAP` reads: the list moves faster than it can be read. */
const SPARE_GAPS = 5;
const READS_PER_GAP = 4;
/** A list whose count changed in this many reads, and in this share of them, is not worth paging further. */
const RESTLESS_MOVES = 3;
const RESTLESS_SHARE = 0.25;

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
  /** The last round in which each worker was seen without a gap before it; 0: in none. */
  private readonly joinedIn = new Map<WorkerId, number>();
  /** By first row, so that a page read again does not count its unreadable rows twice. */
  private readonly unreadableAt = new Map<number, readonly UnreadableRow[]>();
  /** Rows of a page that repeat a worker, by first row. */
  private readonly repeatedAt = new Map<number, number>();
  private round = 1;
  private next: number | null = 1;
  /** Rows of the page to read next; null: as many as the server serves. */
  private rows: number | null = null;
  /** Rows from the start of the list whose workers were all seen. */
  private seenRows = 0;
  /** Rows that the pool really serves on a full page, which may be fewer than asked for. */
  private pageRows = 0;
  private lastTotal: number | null = null;
  private reads = 0;
  private gaps = 0;
  /** Reads whose count differed from the one before, and the sum of the differences. */
  private moves = 0;
  private movedBy = 0;
  private overlapRows = 0;
  /** The pool ignores the page size asked for. */
  private isCutFixed = false;
  private isTooFast = false;
  /** An answer with neither rows nor a count is taken for an empty list only the second time. */
  private sawNothing = false;
  private why: string | null = null;

  constructor(readonly status: WorkerFilter) {}

  /** The page to read next; null at the end. */
  get nextPage(): number | null {
    return this.next;
  }

  /** The size of the page to read next; null: the largest. */
  get nextRows(): number | null {
    return this.rows;
  }

  /** Why the read is not complete; null when it is. */
  get contradiction(): string | null {
    return this.why;
  }

  /** The list was seen to change while it was read. */
  get hasMoved(): boolean {
    return this.overlapRows > 0;
  }

  /** The list changes so often that paging another one costs less. */
  get isRestless(): boolean {
    return this.moves >= RESTLESS_MOVES && this.moves >= this.reads * RESTLESS_SHARE;
  }

  /** Pages of full size that the list has; 0 before it was read. */
  get pageCount(): number {
    return this.pageRows === 0 ? 0 : Math.ceil((this.lastTotal ?? 0) / this.pageRows);
  }

  /** Workers in the list when it was last read; null where the pool does not count them. */
  get counted(): number | null {
    return this.lastTotal;
  }

  get unreadable(): readonly UnreadableRow[] {
    const rows = [...this.unreadableAt.values()].flat();
    // Overlapping pages serve an unreadable row twice.
    return this.hasMoved ? [...new Map(rows.map((row) => [row.raw, row])).values()] : rows;
  }

  /** Adds the page that `nextPage` named. Returns how many of its workers were not seen before. */
  add(page: Page<Worker>): number {
    const served = servedCount(page);
    if (page.currentPage === 1 && served === 0 && page.totalNum === null && !this.sawNothing) {
      this.sawNothing = true;
      return 0;
    }
    this.reads += 1;
    if (page.currentPage === 1 && this.rows === null) this.pageRows = Math.max(this.pageRows, served);
    const asked = this.rows ?? this.pageRows;
    const firstRow = (page.currentPage - 1) * asked;
    const fallen = this.noteCount(page.totalNum);
    const holdsSeen = page.rows.some(({ workerId }) => this.joinedIn.get(workerId) === this.round);
    // No overlap was asked for: workers joined before these rows, and as many may have left.
    if (holdsSeen && firstRow === this.seenRows) this.noteMotion(0);
    const isWhole = this.noteCut(served, asked, firstRow);
    const isJoined = isWhole && this.isJoined(firstRow, fallen, holdsSeen);
    const newCount = this.noteRows(page, isJoined, firstRow);
    if (isJoined) {
      const endRow = firstRow + served;
      this.seenRows = this.hasMoved ? endRow : Math.max(this.seenRows, endRow);
    } else this.stepBack(fallen);
    const isShort = served < asked || served === 0;
    // A pool that does not count: the list continues until a page is short.
    const totalNum = this.lastTotal ?? (isShort ? 0 : Infinity);
    // More rows than the pool counts: the count is wrong, and another page may follow a full one.
    const isSurplus = this.seenRows > totalNum && !isShort && newCount > 0;
    if (isJoined && !isSurplus && (isShort || this.seenRows >= totalNum)) this.endRound(totalNum);
    else this.chooseNext();
    return newCount;
  }

  /** Returns by how many the count fell since the last read. */
  private noteCount(totalNum: number | null): number {
    const before = this.lastTotal ?? totalNum ?? 0;
    const now = totalNum ?? before;
    this.lastTotal = totalNum ?? this.lastTotal;
    if (now === before) return 0;
    this.moves += 1;
    this.movedBy += Math.abs(now - before);
    this.noteMotion(2 * (before - now));
    return Math.max(0, before - now);
  }

  private noteMotion(rows: number): void {
    const most = Math.max(1, Math.floor(this.pageRows * MAX_OVERLAP_SHARE));
    this.overlapRows = Math.min(most, Math.max(this.overlapRows, FIRST_OVERLAP_ROWS, rows));
  }

  /** Whether the page was served in the size that was asked for; records a pool that ignores the size. */
  private noteCut(served: number, asked: number, firstRow: number): boolean {
    if (this.rows === null) return true;
    const isCut = served <= asked && (served === asked || firstRow + served + asked > (this.lastTotal ?? 0));
    if (!isCut) this.isCutFixed = true;
    return isCut;
  }

  /** Whether no worker can be between what was seen and this page. */
  private isJoined(firstRow: number, fallen: number, holdsSeen: boolean): boolean {
    if (firstRow === 0 || holdsSeen || this.isTooFast) return true;
    if (this.hasMoved) return firstRow === this.seenRows && fallen === 0;
    return firstRow <= this.seenRows;
  }

  private noteRows(page: Page<Worker>, isJoined: boolean, firstRow: number): number {
    const knownCount = this.joinedIn.size;
    for (const { workerId } of page.rows) {
      if (isJoined) this.joinedIn.set(workerId, this.round);
      else if (!this.joinedIn.has(workerId)) this.joinedIn.set(workerId, 0);
    }
    const pageIds = new Set(page.rows.map(({ workerId }) => workerId));
    this.repeatedAt.set(firstRow, page.rows.length - pageIds.size);
    if (page.unreadable.length > 0) this.unreadableAt.set(firstRow, page.unreadable);
    else this.unreadableAt.delete(firstRow);
    return this.joinedIn.size - knownCount;
  }

  /**
   * The page is beyond a gap: steps back by as many workers as left the list, or by the overlap, which is then doubled.
   */
  private stepBack(fallen: number): void {
    this.gaps += 1;
    this.seenRows = Math.max(0, this.seenRows - Math.max(fallen, this.overlapRows));
    this.noteMotion(2 * this.overlapRows);
    this.isTooFast = this.gaps > SPARE_GAPS + this.reads / READS_PER_GAP;
  }

  private chooseNext(): void {
    let overlap = this.isCutFixed ? 0 : this.overlapRows;
    let cut = cutPageAt(Math.max(0, this.seenRows - overlap), this.pageRows);
    // The overlap must leave a page room to advance.
    while (overlap > 0 && cut.currentPage * cut.rows <= this.seenRows) {
      overlap = Math.floor(overlap / 2);
      cut = cutPageAt(Math.max(0, this.seenRows - overlap), this.pageRows);
    }
    if (overlap === 0)
      cut = { currentPage: Math.floor(this.seenRows / this.pageRows) + 1, rows: this.pageRows };
    this.next = cut.currentPage;
    this.rows = cut.rows === this.pageRows ? null : cut.rows;
    if (this.next > MAX_WORKER_PAGES) this.end(`the list has more than ${MAX_WORKER_PAGES} pages`);
  }

  private endRound(totalNum: number): void {
    if (this.isTooFast) {
      this.end('its workers move faster than they can be read');
      return;
    }
    const repeated = [...this.repeatedAt.values()].reduce((sum, rows) => sum + rows, 0);
    const seen = this.joinedIn.size + this.unreadable.length + repeated;
    // Workers that joined before the current page are counted but were not seen.
    if (seen + this.movedBy >= totalNum) this.end(null);
    else if (this.movedBy > 0 || this.round === MAX_LIST_ROUNDS) {
      this.end(`the pool counts ${totalNum} workers and serves ${seen}`);
    } else this.beginAgain();
  }

  private end(why: string | null): void {
    this.why = why;
    this.next = null;
  }

  private beginAgain(): void {
    this.round += 1;
    this.next = 1;
    this.rows = null;
    this.seenRows = 0;
    this.lastTotal = null;
    this.reads = 0;
    this.gaps = 0;
    this.overlapRows = 0;
    this.unreadableAt.clear();
    this.repeatedAt.clear();
  }
}
