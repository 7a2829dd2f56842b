import { throwIfAborted } from '../core/clock';
import type { KpoolError } from '../core/errors';
import type { PlannedScope } from '../domain/due-scopes';
import type { RunTotals } from '../domain/run-record';
import type { Scope } from '../domain/scope';
import type { Stream } from '../domain/streams';
import type { LedgerRequest } from '../sync/ledger/sync-ledger-scope';
import type { RunResult } from '../sync/run-scope';
import type { StreamDefinition } from '../sync/stream';
import { RetryBudget } from './retry-budget';
import type { ServiceAccount } from './service-account';
import { EVERYTHING, findMismatch, isSelected, type SyncSelection } from './sync-selection';
import type { SyncService } from './sync-service';

/** Scopes of one stream in hand at once: enough to keep its endpoint busy while another one commits. */
const SCOPES_AT_ONCE = 3;

export interface StreamProgress {
  readonly account: string;
  readonly stream: Stream;
  readonly scopesDone: number;
  readonly scopes: number;
  readonly rowsRead: number;
  readonly requests: number;
  /** Scopes that another process has in hand, whose result is waited for. */
  readonly waiting: number;
}

export interface SyncEverythingOptions {
  readonly selection: SyncSelection;
  readonly request: LedgerRequest;
  readonly signal: AbortSignal;
  /** How long the calls of an account may wait for an open circuit. */
  readonly retryBudgetMs: number;
  readonly onProgress: (progress: StreamProgress) => void;
}

/** What became of one stream of one account. */
export interface StreamSummary {
  readonly account: string;
  readonly stream: Stream;
  readonly results: readonly RunResult[];
  /** Scopes that were due and not begun, since the account was stopped. */
  readonly left: number;
}

/** What the streams of one account know of each other. */
interface AccountRun {
  isStopped: boolean;
  readonly retryBudget: RetryBudget;
}

function newState(service: SyncService, options: SyncEverythingOptions): AccountRun {
  return { isStopped: false, retryBudget: new RetryBudget(service.clock, options) };
}

/**
 * By hand a live scope is always visited, one that sleeps only when its slow look is due; the round that asks for each
 * worker singly only when it is due or named.
 */
function isWanted(
  { isSlowRound }: StreamDefinition,
  planned: PlannedScope,
  nowMs: number,
  { request, selection }: SyncEverythingOptions,
): boolean {
  if (planned.pace === 'finished') return false;
  if (isSlowRound === true && selection.streams === null) return planned.nextVisitMs <= nowMs;
  if (request.verifyBeforeMs !== null || request.span !== null) return true;
  return planned.pace === 'live' || planned.nextVisitMs <= nowMs;
}

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
  // Only now, when all of them have ended.
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** Whether a run came to nothing since the pool throttles, or is under maintenance. */
function isKept({ error }: RunResult): boolean {
  return error?.retry === 'after' || error?.code === 'pool.maintenance';
}

async function syncStream(
  service: SyncService,
  account: ServiceAccount,
  definition: StreamDefinition,
  state: AccountRun,
  options: SyncEverythingOptions,
): Promise<StreamSummary> {
  const { name: stream } = definition;
  const { scopes, nowMs } = await service.plan(account, stream);
  const wanted = scopes.filter(
    (planned) =>
      isSelected(options.selection, planned.scope) && isWanted(definition, planned, nowMs, options),
  );
  const results: RunResult[] = [];
  const inFlight = new Map<PlannedScope, Readonly<RunTotals>>();
  const waiting = new Set<PlannedScope>();
  const tell = (): void => {
    const totals = [...results.map((result) => result.totals), ...inFlight.values()];
    options.onProgress({
      account: account.name,
      stream,
      scopesDone: results.length,
      scopes: wanted.length,
      rowsRead: totals.reduce((sum, { rowsRead }) => sum + rowsRead, 0),
      requests: totals.reduce((sum, { requests }) => sum + requests, 0),
      waiting: waiting.size,
    });
  };
  tell();
  await inParallel(wanted, SCOPES_AT_ONCE, async (planned) => {
    // A failure that stops the account stops what has not begun, in all of its streams.
    if (state.isStopped) return;
    throwIfAborted(options.signal);
    const onProgress = (totals: Readonly<RunTotals>): void => {
      waiting.delete(planned);
      inFlight.set(planned, totals);
      tell();
    };
    const onWait = (): void => {
      waiting.add(planned);
      tell();
    };
    const { signal, request } = options;
    const runOptions = { trigger: 'command', signal, onProgress, onWait };
    const outlast = (): Promise<boolean> =>
      state.retryBudget.outlast(() => service.openCircuitMs(account, stream));
    let result: RunResult;
    do {
      await outlast();
      result = await service.run(account, planned.scope, runOptions, request);
      if (result.error === null) state.retryBudget.renew();
      // What a pool that is to be left alone did not answer is asked for again once it lets calls in.
    } while (isKept(result) && service.openCircuitMs(account, stream) > 0 && (await outlast()));
    inFlight.delete(planned);
    waiting.delete(planned);
    if (result.error?.retry === 'never-account') state.isStopped = true;
    results.push(result);
    tell();
  });
  return { account: account.name, stream, results, left: wanted.length - results.length };
}

async function syncAccount(
  service: SyncService,
  account: ServiceAccount,
  options: SyncEverythingOptions,
): Promise<StreamSummary[]> {
  const { streams } = service;
  const isSelectedStream = ({ name }: StreamDefinition): boolean =>
    options.selection.streams?.includes(name) ?? true;
  const summaries: StreamSummary[] = [];
  const state = newState(service, options);
  const knowsScopes = (await findMiningScopes(service, account)).length > 0;
  for (const step of streams.steps) {
    // Without sub-accounts there is nothing to ask the other streams about.
    const wanted = step.filter(
      (stream) => isSelectedStream(stream) || (stream.isCatalog === true && !knowsScopes),
    );
    const settled = await Promise.allSettled(
      wanted.map((stream) => syncStream(service, account, stream, state, options)),
    );
    for (const outcome of settled) {
      if (outcome.status === 'rejected') throw outcome.reason;
      summaries.push(outcome.value);
    }
    if (state.isStopped) return summaries;
  }
  return summaries;
}

/** Sub-accounts × algorithms of an account, which all streams that have such scopes share. */
async function findMiningScopes(service: SyncService, account: ServiceAccount): Promise<readonly Scope[]> {
  const stream = service.streams.all.find(({ scopes }) => scopes === 'mining');
  if (stream === undefined) return [];
  return (await service.plan(account, stream.name)).scopes.map(({ scope }) => scope);
}

/**
 * Throws `usage.invalid` when no account has what is selected, after asking the pool whether it is new. An account whose
 * lists cannot be had may have it.
 */
async function requireMatch(
  service: SyncService,
  accounts: readonly ServiceAccount[],
  options: SyncEverythingOptions,
): Promise<void> {
  const find = async (): Promise<KpoolError | null> => {
    const known = await Promise.all(accounts.map((account) => findMiningScopes(service, account)));
    return findMismatch(options.selection, known.flat(), service.streams);
  };
  if ((await find()) === null) return;
  const { catalog } = service.streams;
  const lists = { ...options, selection: { ...EVERYTHING, streams: catalog.map(({ name }) => name) } };
  const summaries = await Promise.all(
    accounts.map(async (account) => {
      const state = newState(service, options);
      return Promise.all(catalog.map((stream) => syncStream(service, account, stream, state, lists)));
    }),
  );
  const areListed = summaries
    .flat()
    .every(({ results }) => results.length > 0 && results.every(({ error }) => error === null));
  const mismatch = await find();
  if (areListed && mismatch !== null) throw mismatch;
}

/**
 * Brings what is selected up to date once, in this process: all accounts side by side, and their streams. A scope
 * that fails is in the result and does not stop the others (P8). Throws `usage.invalid` for a selection that names what no
 * account has, and `aborted` when `signal` fires, once what was in flight has ended.
 */
export async function syncEverything(
  service: SyncService,
  options: SyncEverythingOptions,
): Promise<readonly StreamSummary[]> {
  const { accountName } = options.selection;
  const accounts = service.accounts.filter((account) => accountName === null || account.name === accountName);
  await requireMatch(service, accounts, options);
  const settled = await Promise.allSettled(accounts.map((account) => syncAccount(service, account, options)));
  return settled.flatMap((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}
