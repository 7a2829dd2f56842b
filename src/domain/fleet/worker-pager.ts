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

const FIRST_PAGE = { page: 1, rows: null };

/** One round over all pages of the list. */
interface Round {
  /** 1 is the first. */
  readonly number: number;
  /** Rows from the start of the list whose workers were all seen. */
  seenRows: number;
  /** Workers in the list by the last answer that counted them. */
  counted: number | null;
  reads: number;
  /** Reads with a gap before their rows. */
  gaps: number;
  /** Reads whose count differed from the one before, and the sum of the differences. */
  moves: number;
  movedBy: number;
  /** Rows that a page shares with those already seen; 0 until the list moves. */
  overlapRows: number;
  /** Gaps are no longer closed: there were too many. */
  isTooFast: boolean;
  /** Unreadable rows by the first row of their page, so that a page read again does not count its own twice. */
  readonly unreadableAt: Map<number, readonly UnreadableRow[]>;
  /** How many rows of a page repeat a worker of it, by the first row of the page. */
  readonly repeatedAt: Map<number, number>;
}

function beginRound(number: number): Round {
  return {
    number,
    seenRows: 0,
    counted: null,
    reads: 0,
    gaps: 0,
    moves: 0,
    movedBy: 0,
    overlapRows: 0,
    isTooFast: false,
    unreadableAt: new Map(),
    repeatedAt: new Map(),
  };
}

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
  private round = beginRound(1);
  /** The last round in which each worker was seen without a gap before it; 0: in none. */
  private readonly seenIn = new Map<WorkerId, number>();
  /** What to ask for next; null at the end. `rows`: of the page; null: as many as the pool serves. */
  private next: { readonly page: number; readonly rows: number | null } | null = FIRST_PAGE;
  /** Rows that the pool really serves on a full page, which may be fewer than asked for. */
  private pageRows = 0;
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
    return this.round.overlapRows > 0;
  }

  /** The list changes so often that paging another one costs less. */
  get isRestless(): boolean {
    const { moves, reads } = this.round;
    return moves >= RESTLESS_MOVES && moves >= reads * RESTLESS_SHARE;
  }

  /** Pages of full size that the list has; 0 before it was read. */
  get pageCount(): number {
    return this.pageRows === 0 ? 0 : Math.ceil((this.round.counted ?? 0) / this.pageRows);
  }

  /** Workers in the list when it was last read; null where the pool does not count them. */
  get counted(): number | null {
    return this.round.counted;
  }

  get unreadable(): readonly UnreadableRow[] {
    const rows = [...this.round.unreadableAt.values()].flat();
    // Overlapping pages serve an unreadable row twice.
    return this.hasMoved ? [...new Map(rows.map((row) => [row.raw, row])).values()] : rows;
  }

  /** Adds the page that `nextPage` named. Returns how many of its workers were not seen before. */
  add(page: Page<Worker>): number {
    const { round } = this;
    const served = servedCount(page);
    if (page.currentPage === 1 && served === 0 && page.totalNum === null && !this.sawNothing) {
      this.sawNothing = true;
      return 0;
    }
    round.reads += 1;
    if (page.currentPage === 1 && this.nextRows === null) this.pageRows = Math.max(this.pageRows, served);
    const asked = this.nextRows ?? this.pageRows;
    const firstRow = (page.currentPage - 1) * asked;
    const fallen = this.noteCount(page.totalNum);
    const holdsSeen = page.rows.some(({ workerId }) => this.seenIn.get(workerId) === round.number);
    // No overlap was asked for: workers joined before these rows, and as many may have left.
    if (holdsSeen && firstRow === round.seenRows) this.noteMotion(0);
    const isAsAsked = this.noteCut(served, asked, firstRow);
    const hasGap = !isAsAsked || this.hasGapBefore(firstRow, fallen, holdsSeen);
    const newCount = this.noteRows(page, hasGap, firstRow);
    if (hasGap) this.stepBack(fallen);
    else round.seenRows = this.hasMoved ? firstRow + served : Math.max(round.seenRows, firstRow + served);
    const isShort = served < asked || served === 0;
    // A pool that does not count: the list continues until a page is short.
    const totalNum = round.counted ?? (isShort ? 0 : Infinity);
    // More rows than the pool counts: the count is wrong, and another page may follow a full one.
    const isSurplus = round.seenRows > totalNum && !isShort && newCount > 0;
    if (!hasGap && !isSurplus && (isShort || round.seenRows >= totalNum)) this.endRound(totalNum);
    else this.chooseNext();
    return newCount;
  }

  /** Returns by how many the count fell since the last read. */
  private noteCount(totalNum: number | null): number {
    const { round } = this;
    const before = round.counted ?? totalNum ?? 0;
    const now = totalNum ?? before;
    round.counted = totalNum ?? round.counted;
    if (now === before) return 0;
    round.moves += 1;
    round.movedBy += Math.abs(now - before);
    this.noteMotion(2 * (before - now));
    return Math.max(0, before - now);
  }

  /** From now on, pages overlap by at least `rows`. */
  private noteMotion(rows: number): void {
    const { round } = this;
    const most = Math.max(1, Math.floor(this.pageRows * MAX_OVERLAP_SHARE));
    round.overlapRows = Math.min(most, Math.max(round.overlapRows, FIRST_OVERLAP_ROWS, rows));
  }

  /** Whether the page was served in the size that was asked for; records a pool that ignores the size. */
  private noteCut(served: number, asked: number, firstRow: number): boolean {
    if (this.nextRows === null) return true;
    const isAsAsked =
      served <= asked && (served === asked || firstRow + served + asked > (this.round.counted ?? 0));
    if (!isAsAsked) this.ignoresPageSize = true;
    return isAsAsked;
  }

  /** Whether a worker may be between those seen and this page. */
  private hasGapBefore(firstRow: number, fallen: number, holdsSeen: boolean): boolean {
    const { seenRows, isTooFast } = this.round;
    if (firstRow === 0 || holdsSeen || isTooFast) return false;
    if (this.hasMoved) return firstRow !== seenRows || fallen > 0;
    return firstRow > seenRows;
  }

  private noteRows(page: Page<Worker>, hasGap: boolean, firstRow: number): number {
    const { number, repeatedAt, unreadableAt } = this.round;
    const knownCount = this.seenIn.size;
    for (const { workerId } of page.rows) {
      if (!hasGap) this.seenIn.set(workerId, number);
      else if (!this.seenIn.has(workerId)) this.seenIn.set(workerId, 0);
    }
    const pageIds = new Set(page.rows.map(({ workerId }) => workerId));
    repeatedAt.set(firstRow, page.rows.length - pageIds.size);
    if (page.unreadable.length > 0) unreadableAt.set(firstRow, page.unreadable);
    else unreadableAt.delete(firstRow);
    return this.seenIn.size - knownCount;
  }

  /**
   * The page is beyond a gap: steps back by as many workers as left the list, or by the overlap, which is then doubled.
   */
  private stepBack(fallen: number): void {
    const { round } = this;
    round.gaps += 1;
    round.seenRows = Math.max(0, round.seenRows - Math.max(fallen, round.overlapRows));
    this.noteMotion(2 * round.overlapRows);
    round.isTooFast = round.gaps > SPARE_GAPS + round.reads / READS_PER_GAP;
  }

  private chooseNext(): void {
    const { seenRows, overlapRows } = this.round;
    let overlap = this.ignoresPageSize ? 0 : overlapRows;
    let cut = cutPageAt(Math.max(0, seenRows - overlap), this.pageRows);
    // The overlap must leave a page room to advance.
    while (overlap > 0 && cut.currentPage * cut.rows <= seenRows) {
      overlap = Math.floor(overlap / 2);
      cut = cutPageAt(Math.max(0, seenRows - overlap), this.pageRows);
    }
    if (overlap === 0) cut = { currentPage: Math.floor(seenRows / this.pageRows) + 1, rows: this.pageRows };
    this.next = { page: cut.currentPage, rows: cut.rows === this.pageRows ? null : cut.rows };
    if (cut.currentPage > MAX_WORKER_PAGES) this.end(`the list has more than ${MAX_WORKER_PAGES} pages`);
  }

  private endRound(totalNum: number): void {
    const { round } = this;
    if (round.isTooFast) {
      this.end('its workers move faster than they can be read');
      return;
    }
    const repeated = [...round.repeatedAt.values()].reduce((sum, rows) => sum + rows, 0);
    const seen = this.seenIn.size + this.unreadable.length + repeated;
    // Workers that joined before the current page are counted but were not seen.
    if (seen + round.movedBy >= totalNum) this.end(null);
    else if (round.movedBy > 0 || round.number === MAX_LIST_ROUNDS) {
      this.end(`the pool counts ${totalNum} workers and serves ${seen}`);
    } else {
      this.round = beginRound(round.number + 1);
      this.next = FIRST_PAGE;
    }
  }

  private end(why: string | null): void {
    this.why = why;
    this.next = null;
  }
}
