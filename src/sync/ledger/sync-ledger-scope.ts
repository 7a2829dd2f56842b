/**
 * One run over one scope of the ledger: a window is read by one response; whatever one response cannot prove is paged;
 * whatever contradicts the count of everything is paged as a whole; whatever is still in doubt makes the run partial.
 *
 *      PLAN: due windows, newest first                       ┌──────────────────────────────┐
 *               │                                            ▼                              │
 *               ▼      refused, prefix, parts: smaller ones  │                              │
 *        ┌─▶ READ A WINDOW ──────────────────────────────────┘                              │
 *        │      │  │  └─ unproven ─▶ PAGE THE WINDOW ─┐                                    │
 *        │      │  └─ complete ───────────────────────┤                                     │
 *        │      │                                     ▼                                     │
 *        │      │                              rows vanished? ── no ──▶ COMMIT ─▶ next window
 *        │      │                                     │ yes               ▲
 *        │      │ strayed                             ▼                   │ gone
 *        │      │                              CONFIRMATION READ ─────────┘
 *        │      ▼                                │        │     └─ emptied ─▶ partial, nothing changes
 *        │   PAGE EVERYTHING ◀── contradicted ───┘        └─ clipped: the span limit is learnt
 *        │      ▲                                                  │
 *        └──────┼── plan again ◀───────────────────────────────────┘
 *               └── COUNT CHECK, once all windows are read: the pool counts more than they hold
 *
 * Before a commit, the oldest window is probed for rows that are older still, which shows whether spans are clipped. If
 * a confirmation read sees rows change, the window is read again, a few times; after that it is in doubt. If a
 * confirmation is contradicted, the rows of the read are stored once without proof, and the window is read again after
 * the remaining ones, which may explain the contradiction.
 *
 * | step | file |
 * |---|---|
 * | PLAN, COUNT CHECK, and what ends the run | this one |
 * | READ A WINDOW, and what each answer leads to | `window-run.ts`; one response: `read-window.ts` |
 * | PAGE THE WINDOW | `page-through.ts` |
 * | COMMIT | `commit-read.ts` |
 * | CONFIRMATION READ | `confirmation.ts` |
 * | PAGE EVERYTHING | `page-everything.ts`; a scope that is always paged: `sync-paged.ts` |
 * | what the run knows, and every write | `ledger-session.ts` |
 */
import { isKpoolError } from '../../core/errors';
import { isCountable, isFullyRead } from '../../domain/ledger/ledger-state';
import { countRowsIn, type StoredWindow } from '../../domain/ledger/windows';
import { isWindowDue, type WindowRequest } from '../../domain/planning/due-windows';
import type { LedgerScope } from '../../domain/scope';
import type { Run } from '../runs/run';
import type { Next } from './commit-read';
import { readHiddenCoins } from './hidden-coins';
import { LedgerSession, type LedgerDeps } from './ledger-session';
import { pageEverything } from './page-everything';
import { syncPaged } from './sync-paged';
import { syncWindow } from './window-run';

/**
 * Commits that may lose to another writer before the run gives up; each loss means that the other one made progress.
 */
const MAX_SUPERSEDED = 200;
/** Polls of another writer's progress before this one continues beside it. */
const MAX_POLLS = 300;
/** Longer than a writer usually takes from one commit to the next. */
const POLL_EVERY_MS = 2_000;
/** How often a run plans its windows: each round uses what the previous one learnt about spans. */
const MAX_ROUNDS = 6;

export interface LedgerRequest extends WindowRequest {
  /** Accept that a list that no longer shows any row is really empty. */
  readonly acceptEmpty?: boolean;
}

export const WHAT_IS_DUE: LedgerRequest = { verifyBeforeMs: null, span: null };

/** One run: its request, when it began, and whether the whole scope is checked: weekly, and when all is verified. */
interface Plan {
  readonly request: LedgerRequest;
  readonly startedAtMs: number;
  readonly isDeep: boolean;
}

/**
 * Brings one scope of the ledger up to date: first all of its history, afterwards what is due. Every window commits on
 * its own, so an interruption loses at most the current one. After a commit that loses to another writer, the run plans
 * again from the newly stored state (P9).
 */
export async function syncLedgerScope(
  deps: LedgerDeps,
  scope: LedgerScope,
  run: Run,
  request: LedgerRequest = WHAT_IS_DUE,
): Promise<void> {
  const state = await deps.store.load(scope);
  const session = new LedgerSession(deps, scope, run, request.acceptEmpty === true, state);
  const { deepCheckedAtMs, nowMs } = state;
  const isWeekOver = deepCheckedAtMs !== null && nowMs - deepCheckedAtMs >= deps.tiers.fullEveryMs;
  const isDeep = request.span === null && (request.verifyBeforeMs !== null || isWeekOver);
  for (let superseded = 0; ; superseded += 1) {
    try {
      await syncOnce(session, { request, startedAtMs: nowMs, isDeep });
      return;
    } catch (error) {
      if (!isKpoolError(error, 'sync.superseded') || superseded >= MAX_SUPERSEDED) throw error;
      await waitForOther(session);
    }
  }
}

async function syncOnce(session: LedgerSession, plan: Plan): Promise<void> {
  await planHistory(session);
  const wasFullyRead = isFullyRead(session.state);
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const due = dueWindows(session, plan);
    if (due.length === 0) break;
    if ((await resolve(session, await readDue(session, due, plan))) === 'end') return;
  }
  const isCheckDue = (plan.isDeep || !wasFullyRead) && isFullyRead(session.state);
  if (isCheckDue && (await resolve(session, await checkCount(session))) === 'end') return;
  for (const window of dueWindows(session, plan))
    session.leaveInDoubt(window, 'not every window was proven in this run; the next one continues');
  await readHiddenCoins(session);
  if (plan.isDeep || session.state.deepCheckedAtMs === null) await session.noteDeepCheck();
}

/** Records a window for the part of the history that is older than every stored one: at first, all of it. */
async function planHistory(session: LedgerSession): Promise<void> {
  const { fromMs } = session.history;
  const toMs = session.state.windows.at(-1)?.fromMs ?? Infinity;
  if (toMs > fromMs) await session.markUnread([{ fromMs, toMs }]);
}

function dueWindows(session: LedgerSession, { request, startedAtMs }: Plan): StoredWindow[] {
  const { list, deps } = session;
  // All of a paged scope is asked for at once, however long a span the pool refused or clipped before.
  const spanLimitMs = session.state.paged ? Infinity : session.spanLimitMs;
  const facts = { request, startedAtMs, poolNowMs: list.now(), spanLimitMs, tiers: deps.tiers };
  return session.state.windows.filter((window) => isWindowDue(window, facts) && !session.isInDoubt(window));
}

async function readDue(
  session: LedgerSession,
  due: readonly StoredWindow[],
  { isDeep }: Plan,
): Promise<Next> {
  if (session.state.paged) return syncPaged(session, due);
  for (const window of due) {
    const next = await syncWindow(session, window, isDeep);
    if (next !== 'continue') return next;
  }
  return 'continue';
}

/** Resolves a contradiction by paging through everything. Unless that ends the run, its windows are planned again. */
async function resolve(session: LedgerSession, next: Next): Promise<'plan' | 'end'> {
  const resolved = next === 'contradicted' ? await pageEverything(session) : next;
  if (resolved === 'contradicted')
    session.leaveInDoubt(session.history, 'the pool contradicts itself about the rows of this scope');
  return resolved === 'contradicted' || resolved === 'emptied' ? 'end' : 'plan';
}

/**
 * The count check. If bounds select by another date, or in another time zone, each window looks complete but lacks rows
 * at its edges. One answer for all of the history counts them.
 */
async function checkCount(session: LedgerSession): Promise<Next> {
  const { state, list, history, countedAtFirst } = session;
  const held = countRowsIn(state.windows);
  // Rows added since the first count would hide those that windows leave out.
  if (!isCountable(state) || countedAtFirst === held) return 'continue';
  const counted = await list.count(history);
  if (counted === 0 && held > 0) await session.noteEmpty();
  return counted !== null && counted > held ? 'contradicted' : 'continue';
}

/** Leaves the scope to another process while that one makes progress. */
async function waitForOther(session: LedgerSession): Promise<void> {
  await session.reload();
  for (let poll = 0; poll < MAX_POLLS; poll += 1) {
    const { version } = session.state;
    await session.deps.clock.sleep(POLL_EVERY_MS, session.run.signal);
    await session.reload();
    if (session.state.version === version) return;
  }
}
