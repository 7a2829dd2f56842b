import type { PlannedScope, ServiceAccount } from '../src/app/sync-service';
import { STREAMS, type Stream, priorityOf } from '../src/domain/streams';
import { planEveryMs } from './cadence';
import type { JobContext, NewJob } from './job-context';
import { jobNameOf } from './job-names';
import { JOB_DEFAULTS } from './job-options';
import { LANES } from './lanes';
import { deduplicationIdOf } from './sync-payload';

/** Streams whose scopes the catalog streams bring to light. */
const AFTER_CATALOG = STREAMS.filter((stream) => stream !== 'algorithms' && stream !== 'sub-accounts');

/** Plans a stream of every account that this process serves; returns how many jobs it asked for. */
export async function planStream(context: JobContext, stream: Stream): Promise<number> {
  let planned = 0;
  for (const account of context.service.accounts) {
    if ((await context.service.statusOf(account)) === 'ok') planned += await planScopes(context, account, stream);
  }
  return planned;
}

/**
 * What follows at once after a scope of `stream` was synced: its lane is free for the next one, or there are new scopes
 * in the streams that come after the catalog. Done by whoever freed the lane, so that nothing stands between.
 */
export async function planNext(
  context: JobContext,
  account: ServiceAccount,
  stream: Stream,
  foundSomething: boolean,
): Promise<void> {
  const isCatalog = stream === 'algorithms' || stream === 'sub-accounts';
  const next = isCatalog && foundSomething ? AFTER_CATALOG : [stream];
  for (const each of next) await planScopes(context, account, each);
}

/**
 * Puts into the queue what is due, or comes due before the next plan: the first scopes in order, as many as the stream
 * has lanes. A scope that has a job keeps its place in that order until it was synced, so planning again, anywhere, adds
 * nothing (P6 and P7 do not hang on it: a job that came twice would only read twice).
 */
async function planScopes(context: JobContext, account: ServiceAccount, stream: Stream): Promise<number> {
  const { scopes, nowMs } = await context.service.plan(account, stream);
  const horizonMs = nowMs + planEveryMs(context.everyMs[stream]);
  const due = scopes
    .filter(({ nextVisitMs }) => nextVisitMs <= horizonMs)
    .sort((a, b) => compare(a.nextVisitMs, b.nextVisitMs))
    .slice(0, LANES[stream]);
  if (due.length > 0) await context.queue.addBulk(due.map((planned) => jobOf(account, planned, nowMs)));
  return due.length;
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
