/** Pages through all of a scope, where windows and the count of everything contradict each other. */
import { startOfUtcDay } from '../../core/day';
import type { IncomeRow } from '../../domain/income';
import { isSameContent } from '../../domain/ledger/income-content';
import { orderOf } from '../../domain/ledger/proven-prefix';
import type { WindowRead } from '../../domain/ledger/window-answer';
import { MAX_PAGE_SIZE } from '../../domain/page';
import { chooseTrial } from '../../domain/ledger/window-spans';
import { contains, countRowsIn, type StoredWindow } from '../../domain/ledger/windows';
import { commitRead, type Next } from './commit-read';
import type { IncomeList } from './income-list';
import type { LedgerSession } from './ledger-session';
import { pageThrough } from './page-through';
import { readWindow } from './read-window';

/** Smaller pages for the second pass over recent rows, so that both passes do not share a gap between pages. */
const SMALLER_PAGE = MAX_PAGE_SIZE - 7;
const MAX_RECENT_PAGES = 50;

/**
 * Pages through the whole history of a scope, which resolves every contradiction, and then tests whether windows work:
 * the fact `paged` records the result.
 */
export async function pageEverything(session: LedgerSession): Promise<Next> {
  const { list, history, state } = session;
  if ((await list.readPage(history)) === null) {
    // The pool refuses a span this long: only windows can be read, and contradictions between them stay unresolved.
    if (!state.paged) return 'contradicted';
    await session.markUnread(state.windows);
    await session.setPaged(false);
    return 'clipped';
  }
  const read = await pageThrough(list, history);
  // Passes that disagree say nothing about windows.
  const paged = read.doubt === null ? !(await doWindowsServe(list, read.rows)) : state.paged;
  if (paged !== state.paged) await session.setPaged(paged);
  return commitRead(session, history, read);
}

/**
 * Whether the pool answers a window that begins and ends with a row with exactly the rows that paging found there. If
 * its bounds selected by settle time, or in another time zone, one of them would be missing.
 */
async function doWindowsServe(list: IncomeList, rows: readonly IncomeRow[]): Promise<boolean> {
  const trial = chooseTrial(rows);
  if (trial === null) return false;
  const answer = await readWindow(list, trial);
  const found = { rows: rows.filter(({ minedAtMs }) => contains(trial, minedAtMs)), unreadable: [] };
  return answer.kind === 'complete' && isSameContent(answer.read, found);
}

/**
 * Brings a paged scope up to date: reads only recent rows while the count of all others is unchanged, and everything
 * when more is due.
 */
export async function syncPaged(session: LedgerSession, due: readonly StoredWindow[]): Promise<Next> {
  const [newest] = due;
  if (due.length === 1 && newest?.toMs === Infinity) {
    const read = await readRecent(session, newest);
    if (read !== null && (await session.commit(newest, read)).outcome === 'committed') return 'continue';
  }
  return pageEverything(session);
}

/** The rows of the newest window, from two passes that agree; null where order or count do not prove them. */
async function readRecent(session: LedgerSession, newest: StoredWindow): Promise<WindowRead | null> {
  const first = await readRecentPass(session, newest, MAX_PAGE_SIZE);
  const second = first === null ? null : await readRecentPass(session, newest, SMALLER_PAGE);
  return first !== null && second !== null && isSameContent(first, second) ? second : null;
}

async function readRecentPass(
  { list, history, state }: LedgerSession,
  newest: StoredWindow,
  pageSize: number,
): Promise<WindowRead | null> {
  const first = await list.readPage(history, 1, pageSize);
  if (typeof first?.totalNum !== 'number') return null;
  const order = orderOf(first.rows.map(({ minedAtMs }) => minedAtMs));
  if (order === 'none') return null;
  const lastPage = Math.ceil(first.totalNum / pageSize);
  const rows: IncomeRow[] = [];
  for (let n = 0; n < Math.min(lastPage, MAX_RECENT_PAGES); n += 1) {
    const number = order === 'newest-first' ? n + 1 : lastPage - n;
    const page = number === 1 ? first : await list.readPage(history, number, pageSize);
    if (page === null) return null;
    rows.push(...page.rows.filter(({ minedAtMs }) => contains(newest, minedAtMs)));
    if (page.rows.some(({ minedAtMs }) => minedAtMs < startOfUtcDay(newest.fromMs))) break;
  }
  // The number of older rows must be the same as when everything was paged: a row that moved or cannot be read changes
  // it.
  return first.totalNum - rows.length === countRowsIn(state.windows) - countRowsIn([newest])
    ? { rows, unreadable: [], doubt: null }
    : null;
}
