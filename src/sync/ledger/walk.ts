import { hashMultiset } from '../../domain/content-hash';
import type { IncomeRow } from '../../domain/income';
import { contentOf } from '../../domain/ledger-matching';
import { servedCount, type Page, type UnreadableRow } from '../../domain/page';
import { contains, type Window } from '../../domain/windows';
import {
  isSamePage,
  MAX_PAGE_SIZE,
  MIN_PAGE_SIZE,
  type Bounds,
  type PageSource,
  type SliceRead,
} from './slice';

/** Sweeps over all pages before their disagreement is taken for lasting. */
const MAX_SWEEPS = 40;
/**
 * Sweeps in a row that show nothing new before more of them are taken for useless: two equal rows of 350 in no
 * lasting order share a page in about one sweep of four.
 */
const MAX_STALLED = 14;
/**
 * Sweeps that have to agree where equal rows stand on several pages: there a sweep that misses one row and serves
 * an equal one twice looks like the truth.
 */
const SWEEPS_WITH_EQUALS = 6;
/** Sweeps whose pages contradict each other before that is taken for lasting. */
const MAX_CONTRADICTIONS = 6;
const MAX_PAGES = 20_000;
/**
 * Page sizes differ from sweep to sweep: a server whose order among equal rows changes with the page would
 * otherwise serve the same duplicate and the same gap twice, and two wrong sweeps would agree.
 */
const PAGE_SIZE_STEP = 7;
const PAGE_SIZES = 8;

/** Something that a page served: a row, or what could not be read. */
type Item = { readonly row: IncomeRow } | { readonly unreadable: UnreadableRow };

const textOf = (item: Item): string => ('row' in item ? contentOf(item.row) : item.unreadable.raw);

function itemsOf({ rows, unreadable }: Page<IncomeRow>): Item[] {
  return [...rows.map((row) => ({ row })), ...unreadable.map((broken) => ({ unreadable: broken }))];
}

/** Every item as often as the one response held it that held it most often: it is there at least so often. */
class ProvenItems {
  private readonly byText = new Map<string, Item[]>();

  add(items: readonly Item[]): void {
    const ofPage = new Map<string, Item[]>();
    for (const item of items) {
      const equals = ofPage.get(textOf(item));
      if (equals === undefined) ofPage.set(textOf(item), [item]);
      else equals.push(item);
    }
    for (const [text, equals] of ofPage) {
      if (equals.length > (this.byText.get(text)?.length ?? 0)) this.byText.set(text, equals);
    }
  }

  get items(): Item[] {
    return [...this.byText.values()].flat();
  }

  /** Whether all of them are among others, each as often. */
  areIn(items: readonly Item[]): boolean {
    const others = new Map<string, number>();
    for (const item of items) others.set(textOf(item), (others.get(textOf(item)) ?? 0) + 1);
    return [...this.byText].every(([text, equals]) => equals.length <= (others.get(text) ?? 0));
  }
}

interface Sweep {
  readonly pages: readonly (readonly Item[])[];
  readonly totalNum: number;
  /** Null when all pages agreed with each other. */
  readonly contradiction: string | null;
}

/** Whether a list that nobody counted goes on after this page. */
function isLastUncounted(page: Page<IncomeRow>, before: Page<IncomeRow> | null): boolean {
  const served = servedCount(page);
  return served < MIN_PAGE_SIZE || (before !== null && served < servedCount(before));
}

async function sweep(source: PageSource, bounds: Bounds, pageSize: number): Promise<Sweep> {
  const pages: Item[][] = [];
  let [served, totalNum]: [number, number | null] = [0, null];
  let contradiction: string | null = null;
  let before: Page<IncomeRow> | null = null;
  for (let currentPage = 1; currentPage <= MAX_PAGES; currentPage += 1) {
    const page = await source.ask({ ...bounds, currentPage, pageSize });
    if (totalNum !== null && page.totalNum !== null && totalNum !== page.totalNum) {
      contradiction = `the count moved from ${totalNum} to ${page.totalNum} between two pages`;
    }
    totalNum = page.totalNum ?? totalNum;
    // The last page again, for one beyond the end.
    if (totalNum === null && before !== null && isSamePage(page, before)) break;
    pages.push(itemsOf(page));
    served += servedCount(page);
    if (servedCount(page) === 0 || served >= (totalNum ?? Infinity)) break;
    if (totalNum === null && isLastUncounted(page, before)) break;
    before = page;
  }
  if ((totalNum ?? served) !== served) {
    contradiction ??= `the pool counts ${totalNum ?? 0} rows and serves ${served} on all pages`;
  }
  return { pages, totalNum: totalNum ?? served, contradiction };
}

/** What of the items lies in the window. */
function readOf(window: Window, items: readonly Item[]) {
  const rows = items.flatMap((item) => ('row' in item ? [item.row] : []));
  const unreadable = items.flatMap((item) => ('unreadable' in item ? [item.unreadable] : []));
  const inside = rows.filter((row) => contains(window, row.minedAtMs));
  return { rows: inside, unreadable, totalNum: inside.length + unreadable.length };
}

function hasRepeatedPage(pages: readonly (readonly Item[])[]): boolean {
  return new Set(pages.map((page) => hashMultiset(page.map(textOf)))).size < pages.length;
}

/** Whether an item stands on more than one page. */
function hasEqualsApart(pages: readonly (readonly Item[])[]): boolean {
  const texts = pages.flatMap((page) => [...new Set(page.map(textOf))]);
  return new Set(texts).size < texts.length;
}

/** The page size of the next sweep: another than the last, by what pages were seen to hold. */
function pageSizeOf(sweeps: number, longestPage: number): number {
  return Math.max(MIN_PAGE_SIZE, longestPage - (sweeps % PAGE_SIZES) * PAGE_SIZE_STEP);
}

/**
 * Decides when sweeps agree. Two in a row that served the same, and all that any page proved, are the truth; more
 * are needed where equal rows stand on several pages. Where rows change places from
 * request to request no sweep is whole, but each page is: what pages prove, gathered until it is as much as the
 * pool counts, is the truth when it comes out the same twice. A server that serves one page in the place of another
 * does so in every sweep that is cut alike: then pages that repeat each other prove nothing.
 */
class Agreement {
  private last: { readonly hash: string; readonly cut: string } | null = null;
  private gathered = { proven: new ProvenItems(), totalNum: -1 };
  private size = 0;
  private stalled = 0;
  private lastGathered: string | null = null;
  /** Sweeps in a row that served the same. */
  private agreed = 0;
  /** What was gathered last until it was as much as the pool counts. */
  private whole: readonly Item[] = [];

  /** All items, once they are agreed on. */
  add({ pages, totalNum }: Sweep): Item[] | null {
    const items = pages.flat();
    const hash = hashMultiset(items.map(textOf));
    const cut = pages.map((page) => page.length).join();
    const isRepeated = hash === this.last?.hash && (cut !== this.last.cut || !hasRepeatedPage(pages));
    this.agreed = isRepeated ? this.agreed + 1 : 1;
    this.last = { hash, cut };
    if (totalNum !== this.gathered.totalNum) this.gathered = { proven: new ProvenItems(), totalNum };
    for (const page of pages) this.gathered.proven.add(page);
    const needed = hasEqualsApart(pages) ? SWEEPS_WITH_EQUALS : 2;
    if (this.agreed >= needed && this.gathered.proven.areIn(items)) return items;
    const proven = this.gathered.proven.items;
    // More than there are: some of it has changed since.
    if (proven.length > totalNum) this.forget();
    this.stalled = proven.length === this.size ? this.stalled + 1 : 0;
    this.size = proven.length;
    if (proven.length !== totalNum) return null;
    const provenHash = hashMultiset(proven.map(textOf));
    if (provenHash === this.lastGathered) return proven;
    this.lastGathered = provenHash;
    this.gathered = { proven: new ProvenItems(), totalNum };
    this.whole = proven;
    return null;
  }

  /** All that pages proved of what is there now: what is landed where no sweeps agree. */
  get proven(): readonly Item[] {
    const { items } = this.gathered.proven;
    return this.whole.length > items.length ? this.whole : items;
  }

  get isStalled(): boolean {
    return this.stalled >= MAX_STALLED;
  }

  /** A sweep contradicted itself: something moved. */
  reset(): void {
    this.last = null;
    this.agreed = 0;
    this.forget();
  }

  private forget(): void {
    this.lastGathered = null;
    this.whole = [];
    this.gathered = { proven: new ProvenItems(), totalNum: -1 };
  }
}

/**
 * Reads a window page by page, in sweeps, until they agree: for what no single response can hold (many rows on
 * one instant, a server that ignores the bounds). Sweeps that never agree land what single pages prove.
 */
export async function walkWindow(source: PageSource, window: Window, bounds: Bounds): Promise<SliceRead> {
  const agreement = new Agreement();
  let proven = new ProvenItems();
  let why = 'no two sweeps over its pages agree';
  let contradictions = 0;
  let longestPage = MAX_PAGE_SIZE;
  for (let n = 0; n < MAX_SWEEPS && contradictions < MAX_CONTRADICTIONS && !agreement.isStalled; n += 1) {
    const swept = await sweep(source, bounds, pageSizeOf(n, longestPage));
    // A server may hold fewer rows on a page than asked for: only below that does the size make a difference.
    if (n === 0 && swept.pages.length > 1) longestPage = Math.max(...swept.pages.map((page) => page.length));
    if (swept.contradiction === null) {
      const agreed = agreement.add(swept);
      if (agreed !== null) return { kind: 'complete', ...readOf(window, agreed) };
    } else {
      agreement.reset();
      contradictions += 1;
      why = swept.contradiction;
    }
    proven = new ProvenItems();
    for (const page of swept.pages) proven.add(page);
  }
  // Pages of several sweeps prove more than those of the last, as long as nothing was seen to move.
  const items = agreement.proven.length > proven.items.length ? agreement.proven : proven.items;
  return { kind: 'inconsistent', why, ...readOf(window, items) };
}
