/** Reads a window page by page, where one response does not prove it: rows may move between two pages. */
import { PagingPass } from '../../domain/ledger/paging-pass';
import { selectInside, type WindowRead } from '../../domain/ledger/window-answer';
import type { Window } from '../../domain/ledger/windows';
import { MAX_PAGE_SIZE, MIN_PAGE_SIZE } from '../../domain/page';
import type { Pages } from './income-list';

/** Passes that may disagree before the disagreement counts as permanent. */
const MAX_DISAGREEING_PASSES = 3;
/** Passes in a row that must agree. Equal rows on several pages need more: one may be missed and its equal served twice. */
const AGREEING_PASSES = 2;
const AGREEING_PASSES_WITH_EQUALS = 6;
const MAX_PASSES = MAX_DISAGREEING_PASSES + AGREEING_PASSES_WITH_EQUALS;
/** Page sizes differ from pass to pass, so that two of them do not share a gap between their pages. */
const SMALLER_PAGES = [0, 7, 14];

/**
 * Pages through a window in passes, until two in a row agree with each other and the count. If none do, the read holds
 * what the pages of the last pass prove, and says why it is in doubt.
 */
export async function pageThrough(list: Pages, window: Window): Promise<WindowRead> {
  let pass = await readPass(list, window, MAX_PAGE_SIZE);
  // A pool may serve fewer rows per page than asked for: only a size below that cuts the list differently.
  const longestPage = Math.max(MIN_PAGE_SIZE, pass.longestPage);
  let agreed = 1;
  for (let passes = 1; !isProven(pass, agreed); passes += 1) {
    if (passes >= MAX_PASSES || (passes >= MAX_DISAGREEING_PASSES && agreed === 1)) {
      const doubt = pass.contradiction ?? 'no two passes over its pages agree';
      return { ...selectInside(window, pass.proven), doubt };
    }
    const last = pass;
    const size = longestPage - (SMALLER_PAGES[passes % SMALLER_PAGES.length] ?? 0);
    pass = await readPass(list, window, Math.max(MIN_PAGE_SIZE, size));
    agreed = pass.agreesWith(last) ? agreed + 1 : 1;
  }
  return { ...selectInside(window, pass.served), doubt: null };
}

/** `agreed`: passes in a row, this one included, that show the same rows. */
function isProven(pass: PagingPass, agreed: number): boolean {
  return (
    pass.isOneResponse || agreed >= (pass.hasEqualsApart ? AGREEING_PASSES_WITH_EQUALS : AGREEING_PASSES)
  );
}

/** Asks for every page once. */
async function readPass(list: Pages, window: Window, pageSize: number): Promise<PagingPass> {
  const pass = new PagingPass(pageSize);
  for (let page = pass.nextPage; page !== null; page = pass.nextPage)
    pass.add(await list.readPage(window, page, pageSize));
  return pass;
}
