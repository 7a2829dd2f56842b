import { contains, type StoredWindow } from '../../domain/windows';
import type { LedgerSession } from './ledger-session';
import { countsAll, distrustBounds, heldIn, walkWhole, wholeOf } from './look-everywhere';
import { syncWindow } from './sync-window';
import type { ReadRows } from './window-reader';

/** Counts of everything: the second one finds out whether asking for more than each window was enough. */
const MAX_COUNTS = 2;

/** Windows that hold fewer rows than a walk over everything showed of them. */
function shortWindows(session: LedgerSession, { rows }: ReadRows): StoredWindow[] {
  return session.windows.filter(
    (window) => rows.filter((row) => contains(window, row.minedAtMs)).length > window.rowCount,
  );
}

async function readAgain(session: LedgerSession, windows: readonly StoredWindow[]): Promise<void> {
  for (const window of windows)
    if (session.isStill(window)) await syncWindow(session, window, { isThorough: false });
}

/** Whether the pool counts more rows in all of history than its windows hold. */
async function countOfMore(session: LedgerSession): Promise<number | null> {
  const held = heldIn(session.windows);
  if (session.countedAtFirst !== null && session.countedAtFirst <= held) return null;
  const counted = await session.reader.listing.count(wholeOf(session));
  return counted !== null && counted > held ? counted : null;
}

/**
 * Counts all of the history once its windows were read. Bounds that select by another date than `miningDate` (the
 * specification does not say by which), or times that are taken for those of another zone, leave out rows at the
 * edges of windows, each of which looks complete. Where the pool counts more than they hold, everything is paged: what
 * came since is read, and windows that go on to lack rows are not believed any more.
 */
export async function recount(session: LedgerSession): Promise<void> {
  for (let counts = 0; counts < MAX_COUNTS; counts += 1) {
    const isRead = session.windows.every(({ verifiedAtMs }) => verifiedAtMs !== null);
    if (session.windows.length < 2 || !isRead || !countsAll(session)) return;
    const counted = await countOfMore(session);
    if (counted === null) return;
    const walked = await walkWhole(session);
    if (walked === null) {
      const held = heldIn(session.windows);
      session.run.fallShort(`the pool counts ${counted} rows in all and serves ${held} in parts`);
      return;
    }
    await readAgain(session, shortWindows(session, walked));
    if (shortWindows(session, walked).length === 0) return;
    await distrustBounds(session);
    if (!session.facts.boundsIgnored) await readAgain(session, session.windows);
  }
}
