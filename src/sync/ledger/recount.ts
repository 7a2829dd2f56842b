import type { IncomeRow } from '../../domain/income';
import type { LedgerRow } from '../../domain/ledger-matching';
import { contains, overlaps, type Window } from '../../domain/windows';
import type { LedgerSession } from './ledger-session';
import { countOf, placeOf, type SecondLook } from './second-look';
import { walkEverything } from './walk-everything';
import type { ReadRows } from './window-reader';

const wholeOf = ({ deps }: LedgerSession): Window => ({ fromMs: deps.tiers.historyStartMs, toMs: Infinity });

/** Rows of the ledger as its windows hold them, unreadable ones included. */
function heldIn(session: LedgerSession, span: Window): number {
  return session.windows
    .filter((window) => contains(span, window.fromMs))
    .reduce((sum, { rowCount, quarantinedCount }) => sum + rowCount + quarantinedCount, 0);
}

/** Whether one answer counts all rows of the scope: then a greater count than ours means something. */
function countsAll({ facts, reader }: LedgerSession): boolean {
  return !facts.boundsIgnored && facts.hiddenCoins.length === 0 && reader.spanLimit.longestMs === Infinity;
}

async function walkWhole(session: LedgerSession): Promise<ReadRows | null> {
  const read = await session.walk(wholeOf(session));
  return read.kind === 'complete' ? read : null;
}

/**
 * Once every window was read: whether the pool counts more rows in all of history than it serves in them. Bounds
 * that select by another date than `miningDate` (the specification does not say by which) would leave such a gap at
 * the edges of windows, and each would look complete. Then all is paged, and windows are not believed any more.
 */
export async function recount(session: LedgerSession, startedAtMs: number): Promise<void> {
  const { windows } = session;
  const isAllRead = windows.every(({ verifiedAtMs }) => verifiedAtMs !== null && verifiedAtMs >= startedAtMs);
  if (windows.length < 2 || !isAllRead || !countsAll(session)) return;
  const whole = wholeOf(session);
  const held = heldIn(session, whole);
  if (session.countedAtFirst !== null && session.countedAtFirst <= held) return;
  const counted = (await session.reader.listing.count(whole)) ?? 0;
  if (counted <= held) return;
  const read = await walkWhole(session);
  if (read === null) {
    session.run.fallShort(`the pool counts ${counted} rows in all and serves ${held} in parts`);
    return;
  }
  // Rows that came since are in the newest window.
  const older: Window = { fromMs: whole.fromMs, toMs: windows[0]?.fromMs ?? whole.toMs };
  const isOlder = (row: IncomeRow): boolean => contains(older, row.minedAtMs);
  if (read.rows.filter(isOlder).length > heldIn(session, older)) await walkEverything(session, read);
}

/** Rows that there are in all, if a read of a window is the truth of it and all else is as we hold it. */
function expectedWith(session: LedgerSession, window: Window, read: ReadRows, missing: number): number {
  const touched = session.windows.filter((kept) => overlaps(kept, window));
  const isWhole = touched.every(({ fromMs, toMs }) => fromMs >= window.fromMs && toMs <= window.toMs);
  const held = heldIn(session, wholeOf(session));
  if (!isWhole) return held - missing;
  const heldThere = touched.reduce((sum, kept) => sum + kept.rowCount + kept.quarantinedCount, 0);
  return held - heldThere + read.rows.length + read.unreadable.length;
}

/**
 * Whether rows that a window shows no more are there when everything is paged: the last word before a withdrawal. A
 * server that takes times for those of another zone would leave out the first row of every window, however narrow.
 */
export async function lookEverywhere(
  session: LedgerSession,
  window: Window,
  before: ReadRows,
  missing: readonly LedgerRow[],
): Promise<SecondLook> {
  if (!countsAll(session)) return { kind: 'gone' };
  const counted = (await session.reader.listing.count(wholeOf(session))) ?? 0;
  if (counted <= expectedWith(session, window, before, missing.length)) return { kind: 'gone' };
  const read = await walkWhole(session);
  if (read === null) return { kind: 'unclear' };
  const isThere = (row: LedgerRow): boolean =>
    countOf(read.rows, placeOf(row)) > countOf(before.rows, placeOf(row));
  return { kind: missing.some(isThere) ? 'unbounded' : 'gone' };
}
