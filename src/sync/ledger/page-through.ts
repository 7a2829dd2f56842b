/** Reads a window page by page, where one response does not prove it: rows may move between two pages. */
import type { IncomeRow } from '../../domain/income';
import { hasEqualsApart, isSameContent, provenBy } from '../../domain/ledger/income-content';
import { joinServed, servedCount, type Page } from '../../domain/page';
import { insideOf, MAX_PAGE_SIZE, MIN_PAGE_SIZE, type WindowRead } from '../../domain/ledger/window-answer';
import type { Window } from '../../domain/ledger/windows';
import type { Pages } from './income-list';

/** Passes that may disagree before the disagreement counts as permanent. */
const MAX_PASSES = 3;
/** Passes in a row that must agree; more if equal rows are on several pages: one may be missed and its equal served twice. */
const AGREEING_PASSES = 2;
const AGREEING_PASSES_WITH_EQUALS = 6;
/** Page sizes differ from pass to pass, so that two of them do not share a gap between their pages. */
const SMALLER_PAGES = [0, 7, 14];
const MAX_PAGES = 20_000;

/** Every page of a window, asked for once. */
interface Pass {
  readonly pages: readonly Page<IncomeRow>[];
  /** Null when its pages agree with each other and the count. */
  readonly contradiction: string | null;
  /** A page came twice in a row: either the end, or equal rows, or one page served in place of another. */
  readonly isRepeated?: boolean;
}

/**
 * Pages through a window in passes, until two in a row agree with each other and the count. If none do, the read holds
 * what the pages of the last pass prove, and says why it is in doubt.
 */
export async function pageThrough(list: Pages, window: Window): Promise<WindowRead> {
  let last: Pass = { pages: [], contradiction: 'no pass over its pages was made' };
  let [agreed, longestPage] = [0, MAX_PAGE_SIZE];
  for (let n = 1; n <= MAX_PASSES + AGREEING_PASSES_WITH_EQUALS; n += 1) {
    const size = longestPage - (SMALLER_PAGES[(n - 1) % SMALLER_PAGES.length] ?? 0);
    const pass = await readPass(list, window, Math.max(MIN_PAGE_SIZE, size));
    // A pool may serve fewer rows per page than asked for: only a size below that cuts the list differently.
    if (n === 1) longestPage = Math.max(MIN_PAGE_SIZE, ...pass.pages.map(servedCount));
    agreed = n > 1 && agrees(pass, last) ? agreed + 1 : 1;
    last = pass;
    const needed = hasEqualsApart(pass.pages) ? AGREEING_PASSES_WITH_EQUALS : AGREEING_PASSES;
    if (agreed >= needed || isOneResponse(pass))
      return { ...insideOf(window, joinServed(pass.pages)), doubt: null };
    if (n >= MAX_PASSES && agreed === 1) break;
  }
  const doubt = last.contradiction ?? 'no two passes over its pages agree';
  return { ...insideOf(window, provenBy(last.pages)), doubt };
}

/** Without a count of all pages, a shorter page is the last. */
async function readPass(list: Pages, window: Window, pageSize: number): Promise<Pass> {
  const pages: Page<IncomeRow>[] = [];
  let [served, counted]: [number, number | null] = [0, null];
  let [isCounted, isRepeated] = [true, false];
  for (let n = 1; n <= MAX_PAGES; n += 1) {
    const page = await list.readPage(window, n, pageSize);
    if (page === null) return { pages, contradiction: 'the pool refuses the span' };
    const rows = servedCount(page);
    const before = pages.at(-1);
    const isSame = before !== undefined && isSameContent(page, before);
    if (served === counted) {
      // `totalNum` counted only the page.
      isCounted = false;
      counted = null;
    }
    const totalNum = isCounted ? page.totalNum : null;
    if (counted !== null && totalNum !== null && totalNum !== counted)
      return { pages, contradiction: `the count moved from ${counted} to ${totalNum} between two pages` };
    counted = totalNum ?? counted;
    if (counted === null && isSame) return { pages, contradiction: null, isRepeated: true };
    isRepeated ||= isSame;
    if (rows > 0) pages.push(page);
    served += rows;
    // A first page with a round number of rows may have been cut.
    if (n === 1 && rows > 0 && (rows >= pageSize || rows % MIN_PAGE_SIZE === 0)) continue;
    if (rows < servedCount(pages[0] ?? page) || rows < MIN_PAGE_SIZE) break;
    if (served < (counted ?? Infinity)) {
      if (n < MAX_PAGES) continue;
      return { pages, contradiction: `the list has more than ${MAX_PAGES} pages` };
    }
    if (rows === MIN_PAGE_SIZE && (await hasMore(list, window, { known: pages, pageSize })))
      return { pages, contradiction: `the pool counts ${counted} rows and serves more` };
    break;
  }
  const isAll = counted === null || counted === served;
  const contradiction = isAll ? null : `the pool counts ${counted} rows and serves ${served} on all pages`;
  return { pages, contradiction, isRepeated };
}

/**
 * Whether rows follow the last page. Asked only if pages have the smallest size: then all passes cut the list alike,
 * and a count that ignores the rows after a full page would look right in each of them.
 */
async function hasMore(
  list: Pages,
  window: Window,
  { known, pageSize }: { readonly known: readonly Page<IncomeRow>[]; readonly pageSize: number },
): Promise<boolean> {
  const page = await list.readPage(window, known.length + 1, pageSize);
  // If a page does not exist, a pool may serve another one instead.
  return page !== null && servedCount(page) > 0 && !known.some((other) => isSameContent(page, other));
}

/**
 * A single response that holds all that it counts needs no second one. If page 2 was page 1 again, the count may be that
 * of the page alone, so another pass has to decide. An empty list is believed without a count, since a scope that held
 * rows is judged by `noteEmpty`.
 */
function isOneResponse({ pages, contradiction, isRepeated }: Pass): boolean {
  const [first] = pages;
  if (contradiction !== null || isRepeated === true || pages.length > 1) return false;
  return first === undefined || first.totalNum !== null;
}

function agrees(a: Pass, b: Pass): boolean {
  if (a.contradiction !== null || b.contradiction !== null) return false;
  const firstRows = ({ pages: [first] }: Pass): number => (first === undefined ? 0 : servedCount(first));
  // Two passes that cut the list alike would miss the same rows at a repeated page.
  if (b.isRepeated === true && firstRows(a) === firstRows(b)) return false;
  return isSameContent(joinServed(a.pages), joinServed(b.pages));
}
