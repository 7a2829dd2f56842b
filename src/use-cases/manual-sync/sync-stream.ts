// kpool sync: one stream of one account.
import { throwIfAborted } from '../../core/clock';
import type { NamedAccount } from '../../domain/account';
import type { PlannedScope } from '../../domain/planning/due-scopes';
import type { Stream } from '../../domain/streams';
import type { SyncService } from '../../service/sync-service';
import type { LedgerRequest } from '../../sync/ledger/sync-ledger-scope';
import type { RunResult } from '../../sync/runs/run-scope';
import type { StreamDefinition } from '../../sync/stream';
import type { RetryBudget } from './retry-budget';
import { StreamProgressCount, type StreamProgress } from './stream-progress';
import { isSelected, type SyncSelection } from './sync-selection';

/** Scopes of one stream synced at once: enough to keep its endpoint busy while one of them commits. */
const SCOPES_AT_ONCE = 3;

export interface SyncStreamOptions {
  readonly selection: SyncSelection;
  readonly request: LedgerRequest;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: StreamProgress) => void;
}

/** The result of syncing one stream of one account. */
export interface StreamSummary {
  readonly account: string;
  readonly stream: Stream;
  readonly results: readonly RunResult[];
  /** Scopes that were due but not started, because the account was stopped. */
  readonly left: number;
}

/** State that the streams of one account share during one sync. */
export interface AccountSync {
  readonly service: SyncService;
  readonly account: NamedAccount;
  readonly retryBudget: RetryBudget;
  /** A failure stopped the account: nothing more is started for it. */
  isStopped: boolean;
}

/**
 * A manual sync visits every live scope. A scope that is visited rarely, and the slow round over all workers, are
 * visited only if they are due or were selected by name.
 */
function isWanted(
  { isSlowRound }: StreamDefinition,
  planned: PlannedScope,
  nowMs: number,
  { request, selection }: SyncStreamOptions,
): boolean {
  if (planned.pace === 'finished') return false;
  if (isSlowRound === true && selection.streams === null) return planned.nextVisitMs <= nowMs;
  if (request.verifyBeforeMs !== null || request.span !== null) return true;
  return planned.pace === 'live' || planned.nextVisitMs <= nowMs;
}

/** Whether a run failed because the pool throttles or is under maintenance. */
function wasPutOff({ error }: RunResult): boolean {
  return error?.retry === 'after' || error?.code === 'pool.maintenance';
}

/**
 * Runs a scope once the circuit is closed. If an open circuit fails the run and closes within the retry budget, runs it
 * again.
 */
async function runThroughCircuit(
  { service, account, retryBudget }: AccountSync,
  stream: Stream,
  run: () => Promise<RunResult>,
): Promise<RunResult> {
  const openMs = (): number => service.openCircuitMs(account, stream);
  await retryBudget.outlast(openMs);
  for (;;) {
    const result = await run();
    if (result.error === null) retryBudget.renew();
    if (!wasPutOff(result) || openMs() === 0) return result;
    if (!(await retryBudget.outlast(openMs))) return result;
  }
}

/** Syncs the selected scopes of one stream of one account, a few at a time. */
export async function syncStream(
  sync: AccountSync,
  definition: StreamDefinition,
  options: SyncStreamOptions,
): Promise<StreamSummary> {
  const { service, account } = sync;
  const { selection, request, signal } = options;
  const { name: stream } = definition;
  const { scopes, nowMs } = await service.plan(account, stream);
  const wanted = scopes.filter(
    (planned) => isSelected(selection, planned.scope) && isWanted(definition, planned, nowMs, options),
  );
  const progress = new StreamProgressCount(
    { account: account.name, stream, scopes: wanted.length },
    options.onProgress,
  );
  await inParallel(wanted, SCOPES_AT_ONCE, async (planned) => {
    if (sync.isStopped) return;
    throwIfAborted(signal);
    const runOptions = {
      trigger: 'command',
      signal,
      onProgress: (totals: RunResult['totals']) => progress.advance(planned, totals),
      onWait: () => progress.wait(planned),
    };
    const result = await runThroughCircuit(sync, stream, () =>
      service.run(account, planned.scope, runOptions, request),
    );
    if (result.error?.retry === 'never-account') sync.isStopped = true;
    progress.end(planned, result);
  });
  const { results } = progress;
  return { account: account.name, stream, results, left: wanted.length - results.length };
}

/**
 * Works on `limit` items at a time. After a failure it starts no more, and throws once those in progress have ended.
 */
async function inParallel<Item>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const workOn = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      await work(item).catch((error: unknown) => {
        queue.length = 0;
        throw error;
      });
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: limit }, workOn));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
