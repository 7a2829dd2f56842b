/**
 * Reads a window by one response (`readWindow`), or all of it, whatever that takes (`readAll`).
 *
 * A run reads by one response and commits part by part (`window-run.ts`). A confirmation needs all of its read before
 * anything is stored: its rows are the evidence that another commit waits for, its bounds cut across the stored windows,
 * and a commit of its own would have to be confirmed in turn.
 */
import type { IncomeRow } from '../../domain/income';
import { isSameContent } from '../../domain/ledger/income-content';
import { judgeWindow, type WindowAnswer, type WindowRead } from '../../domain/ledger/window-answer';
import type { Window } from '../../domain/ledger/windows';
import { joinServed, MIN_PAGE_SIZE, servedCount, type Page } from '../../domain/page';
import type { IncomeList } from './income-list';
import { pageThrough } from './page-through';

/** What windows are read from. */
type WindowList = Pick<IncomeList, 'readPage'> & { readonly seen: Pick<IncomeList['seen'], 'longestPage'> };

/** The result of a window read. */
export type WindowReading =
  | Exclude<WindowAnswer, { kind: 'full' }>
  /** The pool refuses a span this long. */
  | { readonly kind: 'refused' };

/**
 * Reads a window by one response, and judges what it proves. A suspicious answer (to another question, or without any
 * row) may be an accident: the window is asked for again before the answer is believed. `isFirst`: nothing of the scope
 * was read before, so a page with a round number of rows may have been cut.
 */
export async function readWindow(list: WindowList, window: Window, isFirst = false): Promise<WindowReading> {
  let page = await list.readPage(window);
  if (page === null) return { kind: 'refused' };
  const isNothing = page.totalNum === null && servedCount(page) === 0;
  if (isNothing || judgeWindow(window, page, isFirst).kind === 'strayed')
    page = (await list.readPage(window)) ?? page;
  const answer = judgeWindow(window, page, isFirst && servedCount(page) >= list.seen.longestPage);
  if (answer.kind !== 'full') return answer;
  const second = await list.readPage(window, 2);
  const isEnd =
    second === null || servedCount(second) === 0 || (await isRepetition(list, window, page, second));
  return isEnd ? { ...answer, kind: 'complete' } : { kind: 'unproven' };
}

/**
 * Whether the second page does not exist, so that the pool served the first one again. If its count is that of each page
 * alone, a smaller page counts fewer rows, and others may never be served.
 */
async function isRepetition(
  list: WindowList,
  window: Window,
  first: Page<IncomeRow>,
  second: Page<IncomeRow>,
): Promise<boolean> {
  if (!isSameContent(first, second)) return false;
  const smaller = await list.readPage(window, 1, MIN_PAGE_SIZE);
  return smaller?.totalNum === first.totalNum;
}

/** All of a window: by one response, part by part if it holds more than a page, or by paging. */
export async function readAll(list: WindowList, window: Window): Promise<WindowRead> {
  const answer = await readWindow(list, window, true);
  if (answer.kind === 'complete') return answer.read;
  if (answer.kind === 'prefix') {
    const rest = await readAll(list, answer.rest);
    const isProven = servedCount(rest) === answer.restRows;
    return joinReads([isProven ? answer.read : await readAll(list, answer.proven), rest]);
  }
  if (answer.kind !== 'parts') return pageThrough(list, window);
  const reads: WindowRead[] = [];
  for (const part of answer.parts) reads.push(await readAll(list, part));
  return joinReads(reads);
}

function joinReads(reads: readonly WindowRead[]): WindowRead {
  return { ...joinServed(reads), doubt: reads.find((read) => read.doubt !== null)?.doubt ?? null };
}
