/** Brings a paged scope up to date, whose time bounds cannot be trusted. */
import { startOfUtcDay } from '../../core/day';
import type { IncomeRow } from '../../domain/income';
import { isSameContent } from '../../domain/ledger/income-content';
import { orderOf } from '../../domain/ledger/proven-prefix';
import type { WindowRead } from '../../domain/ledger/window-answer';
import { contains, countRowsIn, type StoredWindow } from '../../domain/ledger/windows';
import { MAX_PAGE_SIZE } from '../../domain/page';
import type { Next } from './commit-read';
import type { LedgerSession } from './ledger-session';
import { pageEverything } from './page-everything';

/** Smaller pages for the second pass over recent rows, so that both passes do not share a gap between pages. */
const SMALLER_PAGE = MAX_PAGE_SIZE - 7;
const MAX_RECENT_PAGES = 50;

/**
 * Reads only recent rows while nothing else is due and the count of all others is unchanged; otherwise pages through
 * everything.
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

/** One pass over the pages with recent rows, beginning at the newest end of the list. */
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
