import { isKpoolError, KpoolError } from '../../core/errors';
import {
  DAY_MS,
  horizonMs,
  nextDensity,
  planOlderWindow,
  startOfUtcDay,
  type StoredWindow,
  type Window,
} from '../../domain/windows';
import type { LedgerCursorPatch, LedgerScope, WindowPiece } from '../ports';
import type { Run } from '../run';
import { probeHiddenCoins } from './hidden-coins';
import { LedgerSession, type LedgerDeps } from './ledger-session';
import type { WindowRead } from './window-reader';

/** Windows that one run may read: far more than the longest history needs. */
const MAX_WINDOWS = 20_000;
/** Commits that may lose to another writer before the run gives up. */
const MAX_SUPERSEDED = 5;

export interface LedgerRequest {
  /** Read again whatever was verified before this instant of the database's clock; null: only what is due. */
  readonly verifyBeforeMs: number | null;
  /** Only windows that overlap this span; null: all. */
  readonly span: Window | null;
}

export const WHAT_IS_DUE: LedgerRequest = { verifyBeforeMs: null, span: null };

function overlaps(a: Window, b: Window): boolean {
  return a.fromMs < b.toMs && b.fromMs < a.toMs;
}

function oldestOf(windows: readonly StoredWindow[]): StoredWindow | undefined {
  return windows.at(-1);
}

/** Reads a window, in parts where it does not fit a page, and commits each part as it is read. */
async function syncWindow(session: LedgerSession, window: Window): Promise<void> {
  const waiting: Window[] = [window];
  for (let reads = 0; waiting.length > 0; reads += 1) {
    if (reads > MAX_WINDOWS) throw new KpoolError('sync.limit', 'A window was split without end.');
    const next = waiting.pop() as Window;
    const read = await session.read(next);
    if (read.kind === 'unbounded') {
      await walkEverything(session);
      return;
    }
    if (read.kind === 'overflow') {
      const parts = await splitWindow(session, next, read);
      waiting.push(...parts);
      continue;
    }
    await session.commit(next, read, { readAgain: () => session.read(next) });
  }
}

/** The page size that the server really serves, when it is smaller than what was known. */
function capOf(session: LedgerSession, read: { readonly capacity: number }): LedgerCursorPatch {
  return read.capacity < session.capacity ? { pageSizeCap: read.capacity } : {};
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
async function walkEverything(session: LedgerSession): Promise<void> {
  const whole: Window = { fromMs: session.deps.tiers.historyStartMs, toMs: Infinity };
  if (!session.facts.boundsIgnored) await session.update({ cursor: { boundsIgnored: true } });
  const read = await session.reader.walk(whole);
  if (read.kind === 'complete' || read.kind === 'inconsistent') {
    await session.commit(whole, read, { readAgain: () => session.reader.walk(whole) });
    return;
  }
  throw new KpoolError('sync.inconsistent', 'The pool contradicts itself about the rows of this scope.');
}

/** First answer of a scope: the whole history, when it fits one page, else its size and its newest rows. */
async function openHistory(session: LedgerSession): Promise<void> {
  const { historyStartMs } = session.deps.tiers;
  const whole: Window = { fromMs: historyStartMs, toMs: Infinity };
  const read = await session.read(whole);
  if (read.kind === 'unbounded') {
    await walkEverything(session);
    return;
  }
  if (read.kind === 'overflow') {
    await session.update({
      pieces: [{ fromMs: read.cutMs, toMs: Infinity, verified: false }],
      cursor: { expectedRows: read.totalNum, ...capOf(session, read) },
    });
    return;
  }
  if (read.rows.length === 0) {
    await session.commit(whole, read, { readAgain: () => session.read(whole) });
    return;
  }
  // A server that serves at most some days of what was asked would look complete: the older part is asked for
  // by itself before the history counts as whole.
  const oldestMs = read.rows.reduce((least, row) => Math.min(least, row.minedAtMs), Infinity);
  const newest: Window = { fromMs: Math.max(historyStartMs, startOfUtcDay(oldestMs)), toMs: Infinity };
  await session.commit(newest, read, {
    readAgain: () => session.read(newest),
    cursor: { expectedRows: read.rows.length },
  });
}

/** Goes back window by window until the windows reach the start of history, each committed as it is read. */
async function completeHistory(session: LedgerSession): Promise<void> {
  const { historyStartMs } = session.deps.tiers;
  let density: number | null = null;
  for (let count = 0; count < MAX_WINDOWS; count += 1) {
    const oldest = oldestOf(session.windows);
    if (oldest === undefined || oldest.fromMs <= historyStartMs) return;
    const topMs = horizonMs(session.deps.pool.now());
    density =
      density === null
        ? initialDensity(session.windows, topMs)
        : nextDensity(density, oldest, oldest.rowCount, topMs);
    const window = planOlderWindow({
      coveredFromMs: oldest.fromMs,
      historyStartMs,
      remainingRows: (session.facts.expectedRows ?? 0) - landedRows(session),
      rowsPerDay: density,
      capacity: session.capacity,
    });
    await syncOlderWindow(session, window);
  }
  throw new KpoolError('sync.limit', 'The history did not come to an end.');
}

function landedRows(session: LedgerSession): number {
  return session.windows.reduce((sum, window) => sum + window.rowCount + window.quarantinedCount, 0);
}

function initialDensity(windows: readonly StoredWindow[], topMs: number): number {
  const rows = windows.reduce((sum, window) => sum + window.rowCount, 0);
  const from = oldestOf(windows)?.fromMs ?? topMs;
  return rows / Math.max(1, (topMs - from) / DAY_MS);
}

/** As `syncWindow`, but of a window that overflows only the newer part is kept: the rest is planned anew. */
async function syncOlderWindow(session: LedgerSession, planned: Window): Promise<void> {
  let window = planned;
  for (let reads = 0; reads < MAX_WINDOWS; reads += 1) {
    const read = await session.read(window);
    if (read.kind === 'unbounded') {
      await walkEverything(session);
      return;
    }
    if (read.kind !== 'overflow') {
      await session.commit(window, read, { readAgain: () => session.read(window) });
      return;
    }
    const isRest = window.fromMs === session.deps.tiers.historyStartMs;
    const recount = isRest ? { expectedRows: landedRows(session) + read.totalNum } : {};
    await session.update({ cursor: { ...capOf(session, read), ...recount } });
    window = { fromMs: read.cutMs, toMs: window.toMs };
  }
  throw new KpoolError('sync.limit', 'A window was split without end.');
}

/**
 * Windows to read now (DESIGN §6, tiers): whatever is not verified; the newest; daily the last days and every
 * window with a pending or quarantined row; weekly everything.
 */
function dueWindows(session: LedgerSession, request: LedgerRequest, startedAtMs: number): StoredWindow[] {
  const { tiers, pool } = session.deps;
  const recentFromMs = startOfUtcDay(pool.now()) - tiers.recentDays * DAY_MS;
  return session.windows.filter((window) => {
    if (request.span !== null && !overlaps(window, request.span)) return false;
    if (window.verifiedAtMs === null) return !session.wasTried(window);
    if (window.verifiedAtMs >= startedAtMs) return false;
    if (request.verifyBeforeMs !== null) return window.verifiedAtMs < request.verifyBeforeMs;
    if (window.toMs === Infinity) return true;
    const isRestless = window.toMs > recentFromMs || window.pendingCount > 0 || window.quarantinedCount > 0;
    return startedAtMs - window.verifiedAtMs >= (isRestless ? tiers.recentEveryMs : tiers.fullEveryMs);
  });
}

async function syncOnce(session: LedgerSession, request: LedgerRequest, startedAtMs: number): Promise<void> {
  if (session.windows.length === 0) await openHistory(session);
  const newest = session.windows[0];
  if (newest?.verifiedAtMs === null && !session.wasTried(newest)) await syncWindow(session, newest);
  await completeHistory(session);
  for (const window of dueWindows(session, request, startedAtMs)) await syncWindow(session, window);
  if (await probeHiddenCoins(session)) {
    for (const window of session.windows) await syncWindow(session, window);
  }
}

/**
 * Brings one scope of the ledger up to date: first the whole history, afterwards what is due. Every window commits
 * by itself, so an interruption loses at most the one in hand. A commit that loses to another writer is planned
 * again from what that one left (P9).
 */
export async function syncLedgerScope(
  deps: LedgerDeps,
  scope: LedgerScope,
  run: Run,
  request: LedgerRequest = WHAT_IS_DUE,
): Promise<void> {
  const state = await deps.store.load(scope);
  const session = new LedgerSession(deps, scope, run, state);
  for (let superseded = 0; ; superseded += 1) {
    try {
      await syncOnce(session, request, state.nowMs);
      return;
    } catch (error) {
      if (!isKpoolError(error, 'sync.superseded') || superseded >= MAX_SUPERSEDED) throw error;
      await session.reload();
    }
  }
}
