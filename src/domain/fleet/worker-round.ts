import type { Worker } from '../entities';
import { servedCount, type Page, type UnreadableRow } from '../page';

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

/** One round over all pages of a list of workers: how far it was read without a gap, and how the list moved meanwhile. */
export class WorkerRound {
  /** Rows from the start of the list whose workers were all seen. */
  seenRows = 0;
  /** Workers in the list by the last answer that counted them; null: none did. */
  counted: number | null = null;
  /** The sum of the differences between the counts of one read and the next. */
  movedBy = 0;
  /** Rows that a page shares with those already seen; 0 until the list moves. */
  overlapRows = 0;
  /** There were too many gaps: they are no longer closed. */
  isTooFast = false;
  private reads = 0;
  private gaps = 0;
  /** Reads whose count differed from the one before. */
  private moves = 0;
  /** Unreadable rows by the first row of their page, so that a page read again does not count its own twice. */
  private readonly unreadableAt = new Map<number, readonly UnreadableRow[]>();
  /** How many rows of a page repeat a worker of it, by the first row of the page. */
  private readonly repeatedAt = new Map<number, number>();

  constructor(
    /** 1 is the first. */
    readonly number: number,
    /** Rows that the pool really serves on a full page, which may be fewer than asked for; 0: not known yet. */
    public pageRows: number,
  ) {}

  get hasMoved(): boolean {
    return this.overlapRows > 0;
  }

  get isRestless(): boolean {
    return this.moves >= RESTLESS_MOVES && this.moves >= this.reads * RESTLESS_SHARE;
  }

  get unreadable(): readonly UnreadableRow[] {
    const rows = [...this.unreadableAt.values()].flat();
    // Overlapping pages serve an unreadable row twice.
    return this.hasMoved ? [...new Map(rows.map((row) => [row.raw, row])).values()] : rows;
  }

  get repeatedCount(): number {
    return [...this.repeatedAt.values()].reduce((sum, rows) => sum + rows, 0);
  }

  /** A page was read. Returns by how many the count fell since the last one. */
  noteRead(totalNum: number | null): number {
    this.reads += 1;
    const before = this.counted ?? totalNum ?? 0;
    const now = totalNum ?? before;
    this.counted = totalNum ?? this.counted;
    if (now === before) return 0;
    this.moves += 1;
    this.movedBy += Math.abs(now - before);
    this.noteMotion(2 * (before - now));
    return Math.max(0, before - now);
  }

  /** From now on, pages overlap by at least `rows`. */
  noteMotion(rows: number): void {
    const most = Math.max(1, Math.floor(this.pageRows * MAX_OVERLAP_SHARE));
    this.overlapRows = Math.min(most, Math.max(this.overlapRows, FIRST_OVERLAP_ROWS, rows));
  }

  /** Records what a page holds besides workers of its own. */
  noteRest(firstRow: number, { rows, unreadable }: Page<Worker>): void {
    this.repeatedAt.set(firstRow, rows.length - new Set(rows.map(({ workerId }) => workerId)).size);
    if (unreadable.length > 0) this.unreadableAt.set(firstRow, unreadable);
    else this.unreadableAt.delete(firstRow);
  }

  /** Whether a worker may be between those seen and a page. */
  hasGapBefore(firstRow: number, fallen: number, holdsSeen: boolean): boolean {
    if (firstRow === 0 || holdsSeen || this.isTooFast) return false;
    return this.hasMoved ? firstRow !== this.seenRows || fallen > 0 : firstRow > this.seenRows;
  }

  /** The page follows without a gap. */
  advance(firstRow: number, page: Page<Worker>): void {
    const endRow = firstRow + servedCount(page);
    this.seenRows = this.hasMoved ? endRow : Math.max(this.seenRows, endRow);
  }

  /**
   * The page is beyond a gap: steps back by as many workers as left the list, or by the overlap, which is then doubled.
   */
  stepBack(fallen: number): void {
    this.gaps += 1;
    this.seenRows = Math.max(0, this.seenRows - Math.max(fallen, this.overlapRows));
    this.noteMotion(2 * this.overlapRows);
    this.isTooFast = this.gaps > SPARE_GAPS + this.reads / READS_PER_GAP;
  }
}
