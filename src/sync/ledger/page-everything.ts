import type { IncomeRow } from '../../domain/income';
import { orderOf } from '../../domain/window-cuts';
import { MAX_PAGE_SIZE, type WindowRead } from '../../domain/window-answer';
import { contains, DAY_MS, startOfUtcDay, type StoredWindow, type Window } from '../../domain/windows';
import { commitRead, type CommitOutcome } from './commit-read';
import type { IncomeList } from './income-list';
import type { LedgerSession } from './ledger-session';
import { isSameContent, pageThrough } from './page-through';
import { readWindow } from './read-window';

/** A trial of windows leaves out the newest rows, so that it ends in the past, and holds this many. */
const TRIAL = { newest: 10, rows: 45 };
/** Page sizes of the two sweeps over what is recent. */
const RECENT_PAGE_SIZES = [MAX_PAGE_SIZE, MAX_PAGE_SIZE - 7];
const MAX_RECENT_PAGES = 50;

/**
 * Pages through all of a scope's history, which settles every contradiction, and tests whether windows work: the fact
 * `paged` records the result.
 */
export async function pageEverything(session: LedgerSession): Promise<CommitOutcome> {
  if ((await session.list.readPage(session.whole)) === null) return giveUpPaging(session);
  const read = await pageThrough(session.list, session.whole);
  // Sweeps that do not agree say nothing about windows.
  if (read.doubt === null) await learnPaged(session, !(await doWindowsServe(session.list, read.rows)));
  return commitRead(session, session.whole, read);
}

async function learnPaged(session: LedgerSession, paged: boolean): Promise<void> {
  if (paged !== session.state.paged) await session.update({ cursor: { paged } });
}

/** The pool refuses a span this long: only windows can be read, and contradictions between them stay unresolved. */
async function giveUpPaging(session: LedgerSession): Promise<CommitOutcome> {
  if (!session.state.paged) return 'contradicted';
  await session.update({ pieces: session.state.windows, cursor: { paged: false } });
  return 'clipped';
}

/** How long after it was mined a row was settled, ms. */
const delayOf = (row: IncomeRow): number => (row.settledAtMs ?? row.minedAtMs) - row.minedAtMs;

/**
 * Whether a window that begins and ends with a row is answered with exactly the rows that paging found there. If bounds
 * selected by settle time, or in another time zone, it would lack one of them.
 */
async function doWindowsServe(list: IncomeList, rows: readonly IncomeRow[]): Promise<boolean> {
  const newestFirst = [...rows].sort((a, b) => b.minedAtMs - a.minedAtMs);
  const late = newestFirst.findIndex((row, i) => i >= TRIAL.newest && delayOf(row) >= DAY_MS);
  const at = late < 0 ? TRIAL.newest : late;
  const [last, first] = [newestFirst[at], newestFirst[Math.min(at + TRIAL.rows, newestFirst.length - 1)]];
  if (last === undefined || first === undefined || first.minedAtMs >= last.minedAtMs) return false;
  const window = { fromMs: first.minedAtMs, toMs: last.minedAtMs + 1 };
  const answer = await readWindow(list, window);
  const paged = { rows: rows.filter(({ minedAtMs }) => contains(window, minedAtMs)), unreadable: [] };
  return answer.kind === 'whole' && isSameContent(answer.read, paged);
}

/**
 * Brings a scope up to date whose bounds cannot be trusted: reads only recent rows while the count of all others is
 * unchanged, and everything when more is due.
 */
export async function syncPaged(
  session: LedgerSession,
  due: readonly StoredWindow[],
): Promise<CommitOutcome> {
  const [newest] = due;
  if (due.length === 1 && newest?.toMs === Infinity) {
    const elsewhere = session.held - newest.rowCount - newest.quarantinedCount;
    const read = await readRecent(session, newest, elsewhere);
    if (read !== null && (await session.commit(newest, read)) === null) return 'committed';
  }
  return pageEverything(session);
}

/** The rows of the newest window, from two sweeps that agree; null where order or count do not prove them. */
async function readRecent(
  session: LedgerSession,
  newest: Window,
  elsewhere: number,
): Promise<WindowRead | null> {
  let last: WindowRead | null = null;
  for (const pageSize of RECENT_PAGE_SIZES) {
    const read = await sweepRecent(session, newest, elsewhere, pageSize);
    if (read === null || (last !== null && !isSameContent(read, last))) return null;
    last = read;
  }
  return last;
}

async function sweepRecent(
  { list, whole }: LedgerSession,
  newest: Window,
  elsewhere: number,
  pageSize: number,
): Promise<WindowRead | null> {
  const first = await list.readPage(whole, 1, pageSize);
  if (typeof first?.totalNum !== 'number') return null;
  const order = orderOf(first.rows.map(({ minedAtMs }) => minedAtMs));
  if (order === 'none') return null;
  const lastPage = Math.ceil(first.totalNum / pageSize);
  const rows: IncomeRow[] = [];
  for (let n = 0; n < Math.min(lastPage, MAX_RECENT_PAGES); n += 1) {
    const number = order === 'newest-first' ? n + 1 : lastPage - n;
    const page = number === 1 ? first : await list.readPage(whole, number, pageSize);
    if (page === null) return null;
    rows.push(...page.rows.filter(({ minedAtMs }) => contains(newest, minedAtMs)));
    if (page.rows.some(({ minedAtMs }) => minedAtMs < startOfUtcDay(newest.fromMs))) break;
  }
  // All other rows must count as they did when everything was paged through: what moved or cannot be read breaks that.
  return first.totalNum - rows.length === elsewhere ? { rows, unreadable: [], doubt: null } : null;
}
