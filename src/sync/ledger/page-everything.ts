/** Pages through all of a scope, where windows and the count of everything contradict each other. */
import type { IncomeRow } from '../../domain/income';
import { isSameContent } from '../../domain/ledger/income-content';
import { chooseTrial } from '../../domain/ledger/window-spans';
import { contains } from '../../domain/ledger/windows';
import { commitRead, type Next } from './commit-read';
import type { IncomeList } from './income-list';
import type { LedgerSession } from './ledger-session';
import { pageThrough } from './page-through';
import { readWindow } from './read-window';

/**
 * Pages through the history of a scope, which resolves every contradiction, and then tests whether windows work:
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
