import { isKpoolError } from '../../core/errors';
import { DAY_MS, overlaps, startOfUtcDay, type StoredWindow, type Window } from '../../domain/windows';
import type { LedgerScope } from '../ports';
import type { Run } from '../run';
import { probeHiddenCoins } from './hidden-coins';
import { LedgerSession } from './ledger-session';
import type { LedgerDeps } from './ledger-view';
import { recount } from './recount';
import { syncWindow } from './sync-window';

/** Commits that may lose to another writer before the run gives up; a lost one means that the other made progress. */
const MAX_SUPERSEDED = 200;
/** Looks at the progress of another writer before this one goes on beside it. */
const MAX_LOOKS = 300;
/** Longer than a writer takes from one commit to the next, as a rule. */
const LOOK_EVERY_MS = 2_000;

/** Times that a run looks for windows that are due: a second one finds what was learnt in the first. */
const MAX_ROUNDS = 3;

export interface LedgerRequest {
  /** Read again whatever was verified before this instant of the database's clock; null: only what is due. */
  readonly verifyBeforeMs: number | null;
  /** Only windows that overlap this span; null: all. */
  readonly span: Window | null;
}

export const WHAT_IS_DUE: LedgerRequest = { verifyBeforeMs: null, span: null };

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
    // The server serves a part of so wide a span: what was read in it proves nothing.
    if (session.fit(window).length > 1) return true;
    if (window.verifiedAtMs >= startedAtMs) return false;
    if (request.verifyBeforeMs !== null) return window.verifiedAtMs < request.verifyBeforeMs;
    if (window.toMs > startOfUtcDay(pool.now())) return true;
    const isRestless = window.toMs > recentFromMs || window.pendingCount > 0 || window.quarantinedCount > 0;
    return startedAtMs - window.verifiedAtMs >= (isRestless ? tiers.recentEveryMs : tiers.fullEveryMs);
  });
}

/** Makes the windows reach from the start of history to the newest row; what was not covered is to be read. */
async function coverHistory(session: LedgerSession): Promise<void> {
  const { historyStartMs } = session.deps.tiers;
  const toMs = session.windows.at(-1)?.fromMs ?? Infinity;
  if (toMs > historyStartMs)
    await session.update({ pieces: [{ fromMs: historyStartMs, toMs, verified: false }] });
}

async function syncOnce(session: LedgerSession, request: LedgerRequest, startedAtMs: number): Promise<void> {
  await coverHistory(session);
  const wasComplete = session.windows.every(({ verifiedAtMs }) => verifiedAtMs !== null);
  // A scope without rows is one window, read at every visit: as often as everything is read it is by other bounds, too.
  const { readThoroughlyAtMs } = session.facts;
  const isThorough =
    request.verifyBeforeMs !== null ||
    (readThoroughlyAtMs !== null && startedAtMs - readThoroughlyAtMs >= session.deps.tiers.fullEveryMs);
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    // A limit that this run met, or that of another scope, shows only now that windows were read too wide.
    if (round > 1) await session.reload();
    const due = dueWindows(session, request, startedAtMs);
    if (due.length === 0) break;
    await syncWindows(session, due, isThorough);
  }
  if (await probeHiddenCoins(session)) await syncWindows(session, session.windows, isThorough);
  // The first time that all of it was read, and as often as everything is.
  const oldest = session.windows.at(-1)?.verifiedAtMs ?? -Infinity;
  if (!wasComplete || oldest >= startedAtMs) await recount(session);
  if (isThorough || readThoroughlyAtMs === null) await session.update({ cursor: { readThoroughly: true } });
}

async function syncWindows(
  session: LedgerSession,
  windows: readonly StoredWindow[],
  isThorough: boolean,
): Promise<void> {
  for (const window of windows) {
    // Reading one may have replaced others: a server that ignores the bounds makes all of them one.
    if (session.isStill(window)) await syncWindow(session, window, { isThorough });
  }
}

/** Leaves a scope to another process for as long as that one makes progress. */
async function waitForOther(session: LedgerSession): Promise<void> {
  for (let look = 0; look < MAX_LOOKS; look += 1) {
    const seen = session.versionRead;
    await session.deps.clock.sleep(LOOK_EVERY_MS, session.run.signal);
    await session.reload();
    if (session.versionRead === seen) return;
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
      await waitForOther(session);
    }
  }
}
