import type { LedgerRow } from '../../domain/ledger-matching';
import { DAY_MS, overlaps, type StoredWindow, type Window } from '../../domain/windows';
import type { LedgerSession } from './ledger-session';
import { countOf, placeOf, type SecondLook } from './second-look';
import { walkEverything } from './walk-everything';
import type { ReadRows } from './window-reader';

/** As far as cut days and the zones of the world can move a bound, ms. */
const SLACK_MS = DAY_MS;

/** All of the history that is asked for. */
export const wholeOf = ({ deps }: LedgerSession): Window => ({
  fromMs: deps.tiers.historyStartMs,
  toMs: Infinity,
});

/** Rows that windows hold, unreadable ones included. */
export function heldIn(windows: readonly StoredWindow[]): number {
  return windows.reduce((sum, { rowCount, quarantinedCount }) => sum + rowCount + quarantinedCount, 0);
}

/** Whether one answer counts all rows of the scope: then a greater count than ours means something. */
export function countsAll({ facts, reader }: LedgerSession): boolean {
  return !facts.boundsIgnored && facts.hiddenCoins.length === 0 && reader.spanLimit.longestMs === Infinity;
}

/** What a walk over everything shows; null when its sweeps do not agree. */
export async function walkWhole(session: LedgerSession): Promise<ReadRows | null> {
  const read = await session.walk(wholeOf(session));
  session.walked = read.kind === 'complete' ? read : null;
  return session.walked;
}

/**
 * Windows were seen to lack rows at their edges: from now on more is asked for than each of them, and all are to be
 * read again; where that did not help, everything is paged.
 */
export async function distrustBounds(session: LedgerSession): Promise<void> {
  if (session.facts.boundsSlackMs !== null) {
    await walkEverything(session);
    return;
  }
  const pieces = session.windows.map((window) => ({ ...window, verified: false }));
  await session.update({ pieces, cursor: { boundsSlackMs: SLACK_MS } });
}

/** Rows that there are in all, if a read of a window is the truth of it and all else is as we hold it. */
function expectedWith(session: LedgerSession, window: Window, read: ReadRows, missing: number): number {
  const touched = session.windows.filter((kept) => overlaps(kept, window));
  const isWhole = touched.every(({ fromMs, toMs }) => fromMs >= window.fromMs && toMs <= window.toMs);
  const held = heldIn(session.windows);
  if (!isWhole) return held - missing;
  return held - heldIn(touched) + read.rows.length + read.unreadable.length;
}

/**
 * Whether rows that a window shows no more are there when everything is paged: the last word before a withdrawal. A
 * server that takes times for those of another zone would leave out the first row of every window, however narrow.
 * `look`: what narrow bounds told; where they agreed that the rows are gone, the count of everything may do.
 */
export async function lookEverywhere(
  session: LedgerSession,
  window: Window,
  before: ReadRows,
  missing: readonly LedgerRow[],
  look: SecondLook,
): Promise<SecondLook> {
  if (!countsAll(session)) return look;
  if (look.kind === 'gone') {
    const counted = await session.reader.listing.count(wholeOf(session));
    // Fewer prove nothing either: others may be gone as well, or forgotten.
    if (counted === null || counted === expectedWith(session, window, before, missing.length)) return look;
  }
  const isThere = (walked: ReadRows): boolean =>
    missing.some((row) => countOf(walked.rows, placeOf(row)) > countOf(before.rows, placeOf(row)));
  // Many windows may lack rows at once: what this run has paged before did not show them either.
  if (session.walked !== null && !isThere(session.walked)) return { kind: 'gone' };
  const walked = await walkWhole(session);
  if (walked === null) return { kind: 'unclear' };
  return { kind: isThere(walked) ? 'blind' : 'gone' };
}
