import type { Worker, WorkerFilter } from './entities';
import type { WorkerId } from './ids';
import { cutPageAt } from './page-overlap';
import { servedCount, type Page, type UnreadableRow } from './page';

/** Times that all pages are read before a contradiction between them is taken for lasting. */
const MAX_TURNS = 3;
/** Two million workers. */
const MAX_PAGES = 20_000;
/** Rows by which a page overlaps the one before, once the list has moved; doubled whenever that was too few. */
const FIRST_OVERLAP_ROWS = 3;
/** Of a page, at most. */
const MAX_OVERLAP_SHARE = 0.25;
/** Reads that may turn out to lie beyond a gap, beside one in so many: then the list moves faster than it is read. */
const SPARE_GAPS = 5;
const READS_PER_GAP = 4;
/** Reads of which so many found another count than the one before: too many to be worth walking this list. */
const RESTLESS_MOVES = 3;
const RESTLESS_SHARE = 0.25;

/**
 * One list of workers in a stable order, walked page by page while it shifts. Workers that leave the list move those
 * behind them forward, out of the next page into one that was read already; workers that join move others backward,
 * where they are merely seen twice. So from the first sign of motion on each page overlaps the one before by a few
 * rows: while it holds a row that was seen, nothing lies between the two; when it holds none, or the count fell
 * before anything overlapped, the walk steps back. It goes on to the end of the list, whatever moves, and it is
 * complete when no gap was left: every worker that stood in the list all the while was seen. A list that stands still
 * and serves fewer workers than it counts is read again, a bounded number of times. A worker that stands twice on one
 * page takes two of the places counted.
 */
export class WorkerWalk {
  /** The last turn in which each worker was seen at a place joined to the start of the list; 0: in none. */
  private readonly joinedIn = new Map<WorkerId, number>();
  /** By first place, so that a page read again does not count its broken rows twice. */
  private readonly unreadableAt = new Map<number, readonly UnreadableRow[]>();
  /** Places beside the first that one worker takes on a page, by first place. */
  private readonly repeatedAt = new Map<number, number>();
  private turn = 1;
  private next: number | null = 1;
  /** Rows of the page to read next; null: as many as the server serves. */
  private rows: number | null = null;
  /** Places of the list, from its start, whose workers were all seen. */
  private seenPlaces = 0;
  /** Rows on a full page as they are really served, which may be fewer than asked. */
  private pageRows = 0;
  private lastTotal: number | null = null;
  private reads = 0;
  private gaps = 0;
  /** Reads that found another count than the one before, and by how much together. */
  private moves = 0;
  private movedBy = 0;
  private overlapRows = 0;
  /** The server cuts its pages as it likes, whatever size is asked. */
  private isCutFixed = false;
  private isTooFast = false;
  /** An answer without even a count is believed to be an empty list when it comes twice. */
  private sawNothing = false;
  private why: string | null = null;

  constructor(readonly status: WorkerFilter) {}

  /** The page to read next; null when the walk is over. */
  get nextPage(): number | null {
    return this.next;
  }

  /** The size of the page to read next; null: the largest. */
  get nextRows(): number | null {
    return this.rows;
  }

  /** Why the walk is not complete; null when it is. */
  get contradiction(): string | null {
    return this.why;
  }

  /** The list was seen to change while it was read. */
  get hasMoved(): boolean {
    return this.overlapRows > 0;
  }

  /** The list changes at so many reads that others tell more for the same price. */
  get isRestless(): boolean {
    return this.moves >= RESTLESS_MOVES && this.moves >= this.reads * RESTLESS_SHARE;
  }

  /** Pages of full size that the list has; 0 before it was read. */
  get pageCount(): number {
    return this.pageRows === 0 ? 0 : Math.ceil((this.lastTotal ?? 0) / this.pageRows);
  }

  /** Workers in the list when it was read last; null where the pool does not count them. */
  get counted(): number | null {
    return this.lastTotal;
  }

  get unreadable(): readonly UnreadableRow[] {
    const rows = [...this.unreadableAt.values()].flat();
    // Pages that overlap serve a broken row twice.
    return this.hasMoved ? [...new Map(rows.map((row) => [row.raw, row])).values()] : rows;
  }

  /** Takes in the page that `nextPage` named. Returns how many workers on it were not seen before. */
  add(page: Page<Worker>): number {
    const served = servedCount(page);
    if (page.currentPage === 1 && served === 0 && page.totalNum === null && !this.sawNothing) {
      this.sawNothing = true;
      return 0;
    }
    this.reads += 1;
    if (page.currentPage === 1 && this.rows === null) this.pageRows = Math.max(this.pageRows, served);
    const asked = this.rows ?? this.pageRows;
    const firstPlace = (page.currentPage - 1) * asked;
    const fallen = this.noteCount(page.totalNum);
    const holdsSeen = page.rows.some(({ workerId }) => this.joinedIn.get(workerId) === this.turn);
    // Nobody asked for these again: some joined before them, and as many may have left.
    if (holdsSeen && firstPlace === this.seenPlaces) this.noteMotion(0);
    const isWhole = this.noteCut(served, asked, firstPlace);
    const isJoined = isWhole && this.isJoined(firstPlace, fallen, holdsSeen);
    const newCount = this.noteRows(page, isJoined, firstPlace);
    if (isJoined) {
      const lastPlace = firstPlace + served;
      this.seenPlaces = this.hasMoved ? lastPlace : Math.max(this.seenPlaces, lastPlace);
    } else this.stepBack(fallen);
    const isShort = served < asked || served === 0;
    // A pool that does not count: the list goes on until a page is short.
    const totalNum = this.lastTotal ?? (isShort ? 0 : Infinity);
    // More rows than are counted: the count is wrong, and behind a full page of news there may be another.
    const isSurplus = this.seenPlaces > totalNum && !isShort && newCount > 0;
    if (isJoined && !isSurplus && (isShort || this.seenPlaces >= totalNum)) this.endTurn(totalNum);
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

  /** Whether the page is cut as it was asked for. */
  private noteCut(served: number, asked: number, firstPlace: number): boolean {
    if (this.rows === null) return true;
    const isCut =
      served <= asked && (served === asked || firstPlace + served + asked > (this.lastTotal ?? 0));
    if (!isCut) this.isCutFixed = true;
    return isCut;
  }

  /** Whether no worker can stand between what was seen and this page. */
  private isJoined(firstPlace: number, fallen: number, holdsSeen: boolean): boolean {
    if (firstPlace === 0 || holdsSeen || this.isTooFast) return true;
    if (this.hasMoved) return firstPlace === this.seenPlaces && fallen === 0;
    return firstPlace <= this.seenPlaces;
  }

  private noteRows(page: Page<Worker>, isJoined: boolean, firstPlace: number): number {
    const knownCount = this.joinedIn.size;
    for (const { workerId } of page.rows) {
      if (isJoined) this.joinedIn.set(workerId, this.turn);
      else if (!this.joinedIn.has(workerId)) this.joinedIn.set(workerId, 0);
    }
    const pageIds = new Set(page.rows.map(({ workerId }) => workerId));
    this.repeatedAt.set(firstPlace, page.rows.length - pageIds.size);
    if (page.unreadable.length > 0) this.unreadableAt.set(firstPlace, page.unreadable);
    else this.unreadableAt.delete(firstPlace);
    return this.joinedIn.size - knownCount;
  }

  /** The page lies beyond a gap: begins further in front, by what left or by what turned out to be too little. */
  private stepBack(fallen: number): void {
    this.gaps += 1;
    this.seenPlaces = Math.max(0, this.seenPlaces - Math.max(fallen, this.overlapRows));
    this.noteMotion(2 * this.overlapRows);
    this.isTooFast = this.gaps > SPARE_GAPS + this.reads / READS_PER_GAP;
  }

  private chooseNext(): void {
    let overlap = this.isCutFixed ? 0 : this.overlapRows;
    let cut = cutPageAt(Math.max(0, this.seenPlaces - overlap), this.pageRows);
    // Small pages leave no room to overlap and to get on.
    while (overlap > 0 && cut.currentPage * cut.rows <= this.seenPlaces) {
      overlap = Math.floor(overlap / 2);
      cut = cutPageAt(Math.max(0, this.seenPlaces - overlap), this.pageRows);
    }
    if (overlap === 0)
      cut = { currentPage: Math.floor(this.seenPlaces / this.pageRows) + 1, rows: this.pageRows };
    this.next = cut.currentPage;
    this.rows = cut.rows === this.pageRows ? null : cut.rows;
    if (this.next > MAX_PAGES) this.end(`the list has more than ${MAX_PAGES} pages`);
  }

  private endTurn(totalNum: number): void {
    if (this.isTooFast) {
      this.end('its workers move faster than they can be read');
      return;
    }
    const repeated = [...this.repeatedAt.values()].reduce((sum, places) => sum + places, 0);
    const seen = this.joinedIn.size + this.unreadable.length + repeated;
    // Those that joined at places read before are counted and not seen: they did not stay all the while.
    if (seen + this.movedBy >= totalNum) this.end(null);
    else if (this.movedBy > 0 || this.turn === MAX_TURNS) {
      this.end(`the pool counts ${totalNum} workers and serves ${seen}`);
    } else this.beginAgain();
  }

  private end(why: string | null): void {
    this.why = why;
    this.next = null;
  }

  private beginAgain(): void {
    this.turn += 1;
    this.next = 1;
    this.rows = null;
    this.seenPlaces = 0;
    this.lastTotal = null;
    this.reads = 0;
    this.gaps = 0;
    this.overlapRows = 0;
    this.unreadableAt.clear();
    this.repeatedAt.clear();
  }
}
