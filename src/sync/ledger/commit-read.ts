/** Commits a read of a window; a row that vanished waits for a confirmation read. */
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

/**
 * What a read leads to. A doubt about a window is recorded where it arises (`LedgerSession.leaveInDoubt`), and the run
 * goes on. The result of a function that returns this is always used (test/architecture/style.test.ts).
 */
export type Next =
  /** The read is stored, or its parts are queued: read what follows. */
  | 'continue'
  /** The pool answers only part of a span this long. The limit is recorded: plan the windows again. */
  | 'clipped'
  /** Windows contradict each other, or the count of everything. Nothing was written: page through everything. */
  | 'contradicted'
  /** The list shows no row at all. Nothing was written: end the run. */
  | 'emptied';

/**
 * Commits a read once a confirmation read agrees on every row that vanished (P4). If reads never agree, what they show
 * is stored in doubt. `cuts`: further instants at which the stored window is split.
 */
export async function commitRead(
  session: LedgerSession,
  window: Window,
  first: WindowRead,
  cuts: readonly number[] = [],
): Promise<Next> {
  let read = first;
  let confirmed: WindowCommit['confirmed'] = new Map();
  for (let n = 0; n < MAX_CONFIRMATIONS; n += 1) {
    if (read.doubt !== null) return commitInDoubt(session, window, read, read.doubt);
    const result = await session.commit(window, read, confirmed, cuts);
    if (result.outcome === 'committed') return 'continue';
    const confirmation = await confirmMissing(session, window, read, result);
    if (confirmation.kind === 'emptied') return 'emptied';
    // Windows not yet read may explain it: store what was served, and read this window again after them.
    if (confirmation.kind === 'contradicted')
      return (await session.defer(window, read)) ? 'continue' : 'contradicted';
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
  return commitInDoubt(session, window, read, 'rows that vanished keep coming back');
}

async function commitInDoubt(
  session: LedgerSession,
  window: Window,
  read: WindowRead,
  doubt: string,
): Promise<Next> {
  await session.storeInDoubt(window, read, doubt);
  return 'continue';
}
