/** Commits a read of a window; a row that vanished waits for a confirmation read. */
import { assert } from '../../core/assert';
import type { WindowCommit } from '../../domain/ledger/ledger-commit';
import { isCountable } from '../../domain/ledger/ledger-state';
import type { WindowRead } from '../../domain/ledger/window-answer';
import { isSameWindow, type Window } from '../../domain/ledger/windows';
import { confirmMissing } from './confirmation';
import type { LedgerSession } from './ledger-session';
import { readAll } from './read-window';
import { learnSpanLimit } from './span-limit';

/** Confirmation reads of one window that may disagree on what vanished before it is left in doubt. */
const MAX_CONFIRMATIONS = 4;

/** How the commit of a read ended. Nothing was written unless it is `committed`. */
export type CommitOutcome =
  | 'committed'
  /** The pool answers only part of a span this long. The limit is now recorded, and windows must be planned again. */
  | 'clipped'
  /** Windows and the count of everything, or two bounds, contradict each other. */
  | 'contradicted'
  /** The list shows no row at all. */
  | 'emptied';

/**
 * Commits a read once a confirmation read agrees on every row that vanished (P4). If reads never agree, what they show
 * is stored, and the run is partial. `cuts`: further instants at which the stored window is split.
 */
export async function commitRead(
  session: LedgerSession,
  window: Window,
  first: WindowRead,
  cuts: readonly number[] = [],
): Promise<CommitOutcome> {
  let read = first;
  let confirmed: WindowCommit['confirmed'] = new Map();
  for (let n = 0; n < MAX_CONFIRMATIONS; n += 1) {
    const unconfirmed = await session.commit(window, read, confirmed, cuts);
    if (unconfirmed === 'committed') return 'committed';
    const confirmation = await confirmMissing(session, window, read, unconfirmed);
    if (confirmation.kind === 'emptied') return 'emptied';
    // Windows not yet read may explain it: store what was served, and read this window again after them.
    if (confirmation.kind === 'contradicted')
      return (await session.defer(window, read)) ? 'committed' : 'contradicted';
    if (confirmation.kind === 'gone') {
      confirmed = confirmation.verdicts;
      continue;
    }
    if (confirmation.kind === 'served' && (await learnSpanLimit(session, confirmation.row, window)))
      return 'clipped';
    read = await readAll(session.list, window);
  }
  // Paging everything resolves a contradiction, unless everything is what was just paged.
  if (isCountable(session.state) && !isSameWindow(window, session.history)) return 'contradicted';
  const outcome = await session.commit(window, { ...read, doubt: 'rows that vanished keep coming back' });
  assert(outcome === 'committed', 'a read in doubt takes nothing back');
  return outcome;
}
