import type { ServiceAccount } from '../src/app/service-account';
import type { PlannedScope } from '../src/app/sync-service';
import { STREAMS, type Stream, priorityOf } from '../src/domain/streams';
import { planEveryMs } from './cadence';
import type { JobContext, NewJob } from './job-context';
import { jobNameOf } from './job-names';
import { JOB_DEFAULTS } from './job-options';
import { LANES } from './lanes';
import { deduplicationIdOf } from './sync-payload';

const CATALOG: readonly Stream[] = ['algorithms', 'sub-accounts'];
/**
 * Streams for which a run may have brought something to light, beside its own. Planned whatever the run itself found:
 * another one, by hand or to prove a key's identity, may have stored it a moment earlier.
 */
const FOLLOWERS: Partial<Record<Stream, readonly Stream[]>> = {
  algorithms: STREAMS.filter((stream) => !CATALOG.includes(stream)),
  'sub-accounts': STREAMS.filter((stream) => !CATALOG.includes(stream)),
  workers: ['worker-details'],
  earnings: ['account-income', 'sub-account-income'],
  rewards: ['account-income', 'sub-account-income'],
};
/** A scope of the one is not visited before that of the other was: it would find nothing, and rest for its interval. */
const NOT_BEFORE: Partial<Record<Stream, Stream>> = { 'worker-details': 'workers' };
/**
 * The pool's own totals are asked for right after the ledger was read: it says which currencies there are, and what it
 * holds by then is what they are compared with.
 */
const AFTER_LEDGER: readonly Stream[] = ['account-income', 'sub-account-income'];

/** Plans a stream of every account that this process serves; returns how many jobs it asked for. */
export async function planStream(context: JobContext, stream: Stream): Promise<number> {
  let planned = 0;
  for (const account of context.service.accounts) {
    if (await context.service.mayRun(account, stream)) planned += await planScopes(context, account, stream);
  }
  return planned;
}

/**
 * What follows at once after a scope of `stream` was synced: its lane is free for the next one, and there may be new
 * scopes. Done by whoever freed the lane, so that nothing stands between.
 */
export async function planNext(context: JobContext, account: ServiceAccount, stream: Stream): Promise<void> {
  for (const next of [stream, ...(FOLLOWERS[stream] ?? [])]) await planScopes(context, account, next);
}

/**
 * Puts into the queue what is due, or comes due before the next plan: the first scopes in order, as many as the stream
 * has lanes. A scope that has a job keeps its place in that order until it was synced, so planning again, anywhere, adds
 * nothing (P6 and P7 do not hang on it: a job that came twice would only read twice).
 */
async function planScopes(context: JobContext, account: ServiceAccount, stream: Stream): Promise<number> {
  const { scopes, nowMs } = await context.service.plan(account, stream);
  const horizonMs = nowMs + (AFTER_LEDGER.includes(stream) ? 0 : planEveryMs(context.everyMs[stream]));
  const early = await findEarly(context, account, stream);
  const due = scopes
    .filter(({ nextVisitMs }) => nextVisitMs <= horizonMs)
    .sort((a, b) => compare(a.nextVisitMs, b.nextVisitMs))
    .slice(0, LANES[stream])
    // One whose time has not come holds its lane, so that what was let in before it is never joined by more.
    .filter(({ scope }) => !early.has(keyOf(scope)));
  if (due.length > 0) await context.queue.addBulk(due.map((planned) => jobOf(account, planned, nowMs)));
  return due.length;
}

/** Scopes whose time has not come, since what they build on was not there yet. */
async function findEarly(
  context: JobContext,
  account: ServiceAccount,
  stream: Stream,
): Promise<ReadonlySet<string>> {
  if (AFTER_LEDGER.includes(stream)) return findBeforeLedger(context, account, stream);
  const earlier = NOT_BEFORE[stream];
  if (earlier === undefined) return new Set();
  const { scopes } = await context.service.plan(account, earlier);
  return keysOf(scopes.filter(isUnvisited));
}

/** A ledger that is late by more than the totals' own interval is not waited for. */
async function findBeforeLedger(
  context: JobContext,
  account: ServiceAccount,
  stream: Stream,
): Promise<ReadonlySet<string>> {
  const { scopes, nowMs } = await context.service.plan(account, stream);
  const ledgers = [
    ...(await context.service.plan(account, 'earnings')).scopes,
    ...(await context.service.plan(account, 'rewards')).scopes,
  ];
  if (ledgers.some(isUnvisited)) return keysOf(scopes);
  if (!ledgers.some(({ nextVisitMs }) => nextVisitMs <= nowMs)) return new Set();
  const waitedForMs = context.everyMs[stream];
  return keysOf(
    scopes.filter((planned) => !isUnvisited(planned) && nowMs - planned.nextVisitMs < waitedForMs),
  );
}

function isUnvisited({ nextVisitMs }: PlannedScope): boolean {
  return nextVisitMs === -Infinity;
}

function keysOf(scopes: readonly PlannedScope[]): ReadonlySet<string> {
  return new Set(scopes.map(({ scope }) => keyOf(scope)));
}

function keyOf({ puid, algo }: PlannedScope['scope']): string {
  return JSON.stringify([puid === null ? null : String(puid), algo]);
}

/** Infinities of the same sign are equal. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

function jobOf(account: ServiceAccount, planned: PlannedScope, nowMs: number): NewJob {
  const { stream, puid, algo } = planned.scope;
  const target = { account: account.name, stream, puid: puid === null ? null : String(puid), algo };
  return {
    name: jobNameOf(stream, 'sync'),
    data: target,
    opts: {
      ...JOB_DEFAULTS,
      priority: priorityOf(stream),
      delay: Math.max(0, Number.isFinite(planned.nextVisitMs) ? planned.nextVisitMs - nowMs : 0),
      deduplication: { id: deduplicationIdOf(target) },
    },
  };
}
