/** Brings one scope of the ledger up to date: plans windows, has them read, and checks the whole. */
import { isKpoolError } from '../../core/errors';
import { isWindowDue, type WindowRequest } from '../../domain/planning/due-windows';
import { isCountable, isFullyRead } from '../../domain/ledger/ledger-state';
import type { LedgerScope } from '../../domain/scope';
import { rowsIn, type StoredWindow } from '../../domain/ledger/windows';
import type { Run } from '../run';
import type { CommitOutcome } from './commit-read';
import { readHiddenCoins } from './hidden-coins';
import { syncWindow } from './ledger-run';
import { LedgerSession, type LedgerDeps } from './ledger-session';
import { pageEverything, syncPaged } from './page-everything';

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
 * Brings one scope of the ledger up to date: first the whole history, afterwards what is due. Every window commits on
 * its own, so an interruption loses at most the current one. After a commit that loses to another writer, the run plans
 * again from what that one stored (P9).
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
  const { history, run } = session;
  const toMs = session.state.windows.at(-1)?.fromMs ?? Infinity;
  if (toMs > history.fromMs) await session.markUnread([{ fromMs: history.fromMs, toMs }]);
  const wasFullyRead = isFullyRead(session.state);
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const due = dueWindows(session, plan);
    if (due.length === 0) break;
    const outcome = await readDue(session, due, plan);
    if (endsRun(session, outcome === 'contradicted' ? await pageEverything(session) : outcome)) return;
  }
  const isCheckDue = (plan.isDeep || !wasFullyRead) && isFullyRead(session.state);
  if (isCheckDue && (await isMoreCounted(session)) && endsRun(session, await pageEverything(session))) return;
  if (dueWindows(session, plan).length > 0)
    run.markPartial('not every window was proven in this run; the next one continues');
  await readHiddenCoins(session);
  if (plan.isDeep || session.state.deepCheckedAtMs === null) await session.noteDeepCheck();
}

/** Whether nothing more can be read in this run; `clipped`, too, leaves windows due, which are planned again. */
function endsRun({ run }: LedgerSession, outcome: CommitOutcome): boolean {
  if (outcome === 'contradicted') run.markPartial('the pool contradicts itself about the rows of this scope');
  return outcome === 'contradicted' || outcome === 'emptied';
}

function dueWindows(session: LedgerSession, { request, startedAtMs }: Plan): StoredWindow[] {
  const { list, deps } = session;
  // All of a paged scope is asked for at once, however long a span the pool refused or clipped before.
  const spanLimitMs = session.state.paged ? Infinity : session.spanLimitMs;
  const asked = { request, startedAtMs, poolNowMs: list.now(), spanLimitMs, tiers: deps.tiers };
  return session.state.windows.filter((window) => isWindowDue(window, asked) && !session.isInDoubt(window));
}

async function readDue(
  session: LedgerSession,
  due: readonly StoredWindow[],
  { isDeep }: Plan,
): Promise<CommitOutcome> {
  if (session.state.paged) return syncPaged(session, due);
  for (const window of due) {
    const outcome = await syncWindow(session, window, isDeep);
    if (outcome !== 'committed') return outcome;
  }
  return 'committed';
}

/**
 * The count check. If bounds select by another date, or in another time zone, each window looks complete but lacks rows
 * at its edges. One answer for the whole history counts them.
 */
async function isMoreCounted(session: LedgerSession): Promise<boolean> {
  const { state, list, history, countedAtFirst } = session;
  const held = rowsIn(state.windows);
  // Rows added since the first count would hide those that windows leave out.
  if (!isCountable(state) || countedAtFirst === held) return false;
  const counted = await list.count(history);
  if (counted === 0 && held > 0) await session.noteEmpty();
  return (counted ?? 0) > held;
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
