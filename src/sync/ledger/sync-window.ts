import { KpoolError } from '../../core/errors';
import type { Window } from '../../domain/windows';
import type { LedgerCursorPatch, WindowPiece } from '../ports';
import type { LedgerSession } from './ledger-session';
import type { WindowRead } from './window-reader';

/** Parts of one window that one run may read: far more than the longest history needs. */
export const MAX_WINDOWS = 20_000;

/** Reads a window, in parts where it does not fit a page, and commits each part as it is read. */
export async function syncWindow(session: LedgerSession, window: Window): Promise<void> {
  const waiting: Window[] = [window];
  for (let reads = 0; reads < MAX_WINDOWS; reads += 1) {
    const next = waiting.pop();
    if (next === undefined) return;
    const read = await session.read(next);
    if (read.kind === 'unbounded') {
      await walkEverything(session);
      return;
    }
    if (read.kind === 'overflow') waiting.push(...(await splitWindow(session, next, read)));
    else await session.commit(next, read, { readAgain: () => session.read(next) });
  }
  throw new KpoolError('sync.limit', 'A window was split without end.');
}

/** The page size that the server really serves, when it is smaller than what was known. */
export function capOf(
  session: LedgerSession,
  { capacity }: { readonly capacity: number | null },
): LedgerCursorPatch {
  return capacity !== null && capacity < session.capacity ? { pageSizeCap: capacity } : {};
}

/** Records the two parts of a window that overflowed, both still to be read; the newer one comes last. */
async function splitWindow(
  session: LedgerSession,
  window: Window,
  read: Extract<WindowRead, { kind: 'overflow' }>,
): Promise<[Window, Window]> {
  const newer: WindowPiece = { fromMs: read.cutMs, toMs: window.toMs, verified: false };
  const older: WindowPiece = { fromMs: window.fromMs, toMs: read.cutMs, verified: false };
  await session.update({
    pieces: [newer, older],
    cursor: { ...capOf(session, read), boundsIgnored: false },
  });
  return [older, newer];
}

/** For a server that ignores the bounds: the whole history is one window, paged in passes. */
export async function walkEverything(session: LedgerSession): Promise<void> {
  const whole: Window = { fromMs: session.deps.tiers.historyStartMs, toMs: Infinity };
  if (!session.facts.boundsIgnored) await session.update({ cursor: { boundsIgnored: true } });
  const read = await session.walk(whole);
  if (read.kind === 'complete' || read.kind === 'inconsistent') {
    await session.commit(whole, read, { readAgain: () => session.walk(whole) });
    return;
  }
  throw new KpoolError('sync.inconsistent', 'The pool contradicts itself about the rows of this scope.');
}
