// kpool sync: all accounts at once, their streams in order.
import type { KpoolError } from '../../core/errors';
import type { NamedAccount } from '../../domain/account';
import type { Scope } from '../../domain/scope';
import type { SyncService } from '../../service/sync-service';
import type { StreamDefinition } from '../../sync/stream';
import { RetryBudget } from './retry-budget';
import { EVERYTHING, findMismatch } from './sync-selection';
import { syncStream, type AccountSync, type StreamSummary, type SyncStreamOptions } from './sync-stream';

export interface SyncEverythingOptions extends SyncStreamOptions {
  /** How long the calls of an account may wait for an open circuit. */
  readonly retryBudgetMs: number;
}

function startAccount(
  service: SyncService,
  account: NamedAccount,
  options: SyncEverythingOptions,
): AccountSync {
  return { service, account, retryBudget: new RetryBudget(service.clock, options), isStopped: false };
}

async function syncAccount(
  service: SyncService,
  account: NamedAccount,
  options: SyncEverythingOptions,
): Promise<StreamSummary[]> {
  const isSelectedStream = ({ name }: StreamDefinition): boolean =>
    options.selection.streams?.includes(name) ?? true;
  const summaries: StreamSummary[] = [];
  const sync = startAccount(service, account, options);
  const knowsScopes = (await findMiningScopes(service, account)).length > 0;
  for (const step of service.streams.steps) {
    // Without sub-accounts the other streams have no scopes.
    const wanted = step.filter(
      (stream) => isSelectedStream(stream) || (stream.isCatalog === true && !knowsScopes),
    );
    summaries.push(...(await allEnded(wanted.map((stream) => syncStream(sync, stream, options)))));
    if (sync.isStopped) return summaries;
  }
  return summaries;
}

/** As `Promise.all`, but rejects only after all have settled. */
async function allEnded<T>(works: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(works);
  return settled.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

/** The sub-accounts × algorithms of an account, which all streams with such scopes share. */
async function findMiningScopes(service: SyncService, account: NamedAccount): Promise<readonly Scope[]> {
  const stream = service.streams.all.find(({ scopes }) => scopes === 'mining');
  if (stream === undefined) return [];
  return (await service.plan(account, stream.name)).scopes.map(({ scope }) => scope);
}

/**
 * Throws `usage.invalid` if no account has what is selected, after asking the pool in case it is new. An account whose
 * lists cannot be read may have it.
 */
async function requireMatch(
  service: SyncService,
  accounts: readonly NamedAccount[],
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
      const sync = startAccount(service, account, options);
      return Promise.all(catalog.map((stream) => syncStream(sync, stream, lists)));
    }),
  );
  const areListed = summaries
    .flat()
    .every(({ results }) => results.length > 0 && results.every(({ error }) => error === null));
  const mismatch = await find();
  if (areListed && mismatch !== null) throw mismatch;
}

/**
 * Brings the selection up to date once, in this process, with all accounts and their streams in parallel. A scope that
 * fails is in the result and does not stop the others (P8). Throws `usage.invalid` for a selection that no account has,
 * and `aborted` if `signal` fires, once everything in flight has ended.
 */
export async function syncEverything(
  service: SyncService,
  options: SyncEverythingOptions,
): Promise<readonly StreamSummary[]> {
  const { accountName } = options.selection;
  const accounts = service.accounts.filter((account) => accountName === null || account.name === accountName);
  await requireMatch(service, accounts, options);
  return (await allEnded(accounts.map((account) => syncAccount(service, account, options)))).flat();
}
