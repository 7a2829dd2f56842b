/** One pass over the pages of a window: which page to ask for next, and what the pages prove together. */
import type { IncomeRow } from '../income';
import { joinServed, MIN_PAGE_SIZE, servedCount, type Page, type Served } from '../page';
import { hasEqualsApart, isSameContent, selectProven } from './income-content';

const MAX_PAGES = 20_000;

/**
 * Takes the pages of a list in turn, each asked for once. It ends at the last page, or with a contradiction: rows may
 * move between two pages, and the pool may count wrongly, or serve one page in place of another.
 */
export class PagingPass {
  /** Those with rows. */
  private readonly pages: Page<IncomeRow>[] = [];
  private servedRows = 0;
  /** The pool's count of the rows on all pages; null where it gives none. */
  private counted: number | null = null;
  /** The first page held all that it counted, and yet may have been cut: its count may be that of each page alone. */
  private ignoresCount = false;
  /** As many rows as counted were served: the next page only shows whether others follow. */
  private isCountReached = false;
  /** A page came twice in a row: it is the end, or the rows are equal, or one page was served in place of another. */
  private isRepeated = false;
  private next: number | null = 1;
  private why: string | null = null;

  /** `pageSize`: the rows per page that are asked for. */
  constructor(private readonly pageSize: number) {}

  /** The page to ask for next; null at the end. */
  get nextPage(): number | null {
    return this.next;
  }

  /** Why the pages do not prove what they hold; null when they agree with each other and the count. */
  get contradiction(): string | null {
    return this.why;
  }

  /** All that was served. */
  get served(): Served<IncomeRow> {
    return joinServed(this.pages);
  }

  /** What certainly exists even if rows moved between pages. */
  get proven(): Served<IncomeRow> {
    return selectProven(this.pages);
  }

  /** Rows on the longest page. */
  get longestPage(): number {
    return Math.max(0, ...this.pages.map(servedCount));
  }

  /** Equal rows are on several pages: one may have been missed and its equal served twice. */
  get hasEqualsApart(): boolean {
    return hasEqualsApart(this.pages);
  }

  /**
   * One response holds all that it counts, so no other pass is needed. If page 2 was page 1 again, the count may be that
   * of the page alone. An empty list is believed without a count: `noteEmpty` judges one that held rows.
   */
  get isOneResponse(): boolean {
    const [first] = this.pages;
    if (this.why !== null || this.isRepeated || this.pages.length > 1) return false;
    return first === undefined || first.totalNum !== null;
  }

  /** Adds the page that `nextPage` names; null: the pool refuses the span. */
  add(page: Page<IncomeRow> | null): void {
    if (this.isCountReached) this.endBeyond(page);
    else if (page === null) this.end('the pool refuses the span');
    else this.addCounted(page);
  }

  /** Whether both passes show the same rows. Two that cut the list alike would miss the same ones at a repeated page. */
  agreesWith(other: PagingPass): boolean {
    if (this.why !== null || other.why !== null) return false;
    if (other.isRepeated && this.rowsOfFirst === other.rowsOfFirst) return false;
    return isSameContent(this.served, other.served);
  }

  private addCounted(page: Page<IncomeRow>): void {
    const { counted } = this;
    const totalNum = this.ignoresCount ? null : page.totalNum;
    if (counted !== null && totalNum !== null && totalNum !== counted) {
      this.end(`the count moved from ${counted} to ${totalNum} between two pages`);
      return;
    }
    this.counted = totalNum ?? counted;
    const before = this.pages.at(-1);
    if (before !== undefined && isSameContent(page, before)) {
      this.isRepeated = true;
      if (this.counted === null) {
        this.end(null);
        return;
      }
    }
    const rows = servedCount(page);
    if (rows > 0) this.pages.push(page);
    this.servedRows += rows;
    this.chooseNext(rows);
  }

  /** `rows`: on the page just added. Without a count, a page shorter than the first one is the last. */
  private chooseNext(rows: number): void {
    const isRound = rows > 0 && (rows >= this.pageSize || rows % MIN_PAGE_SIZE === 0);
    if (this.next === 1 && isRound) {
      if (this.servedRows === this.counted) [this.ignoresCount, this.counted] = [true, null];
      this.next = 2;
    } else if (rows < this.rowsOfFirst || rows < MIN_PAGE_SIZE) this.endAtCount();
    else if (this.servedRows < (this.counted ?? Infinity)) this.goOn();
    // All passes cut pages of the smallest size alike, and a count without the rows that follow would look right.
    else if (rows === MIN_PAGE_SIZE) {
      this.isCountReached = true;
      this.goOn();
    } else this.endAtCount();
  }

  /** If a page does not exist, a pool may serve another one instead. */
  private endBeyond(page: Page<IncomeRow> | null): void {
    const isKnown = page !== null && this.pages.some((other) => isSameContent(page, other));
    if (page === null || servedCount(page) === 0 || isKnown) this.endAtCount();
    else this.end(`the pool counts ${this.counted} rows and serves more`);
  }

  private goOn(): void {
    this.next = (this.next ?? 0) + 1;
    if (this.next > MAX_PAGES) this.end(`the list has more than ${MAX_PAGES} pages`);
  }

  private endAtCount(): void {
    const { counted, servedRows } = this;
    const isAll = counted === null || counted === servedRows;
    this.end(isAll ? null : `the pool counts ${counted} rows and serves ${servedRows} on all pages`);
  }

  private end(contradiction: string | null): void {
    this.why = contradiction;
    this.next = null;
  }

  private get rowsOfFirst(): number {
    const [first] = this.pages;
    return first === undefined ? 0 : servedCount(first);
  }
}
