import type { NamedAccount } from '../src/domain/account';
import { chooseDue, type PlannedScope, type ScopePlan } from '../src/domain/planning/due-scopes';
import { intervalOf, type Stream } from '../src/domain/streams';
import type { JobContext, NewJob } from './job-context';
import { jobNameOf } from './job-names';
import { JOB_DEFAULTS } from './job-options';
import { deduplicationIdOf } from './sync-payload';

/**
 * Enqueues the scopes of the streams that the database says are due. A scope that already has a job gets no second one
 * (P6 and P7 do not depend on it: a duplicate would only read twice). Returns the time until the next scope is due, ms;
 * Infinity when none is.
 */
export async function planStreams(context: JobContext, streams: readonly Stream[]): Promise<number> {
  let soonestMs = Infinity;
  for (const account of context.service.accounts) {
    soonestMs = Math.min(soonestMs, await planAccount(context, account, streams));
  }
  return soonestMs;
}

/**
 * Plans what follows a sync of `stream`: its next scope, and the streams that build on it. The process that finished
 * the job does this itself, so that no other job can delay it.
 */
export async function planNext(context: JobContext, account: NamedAccount, stream: Stream): Promise<void> {
  const followers = context.service.streams.followersOf(stream).map(({ name }) => name);
  context.wakeIn(await planAccount(context, account, [stream, ...followers]));
}

async function planAccount(
  context: JobContext,
  account: NamedAccount,
  streams: readonly Stream[],
): Promise<number> {
  const { service, everyMs } = context;
  const plans = new Map<Stream, ScopePlan>();
  const planOf = async (stream: Stream): Promise<ScopePlan> => {
    const plan = plans.get(stream) ?? (await service.plan(account, stream));
    plans.set(stream, plan);
    return plan;
  };
  let soonestMs = Infinity;
  for (const { name: stream, concurrency, after = null } of service.streams.all) {
    if (!streams.includes(stream)) continue;
    const heldMs = context.holds.remainingMs(account, stream);
    soonestMs = Math.min(soonestMs, heldMs > 0 ? heldMs : Infinity);
    if (heldMs > 0 || !(await service.mayRun(account, stream))) continue;
    const plan = await planOf(stream);
    const earlier: ScopePlan[] = [];
    for (const each of after?.streams ?? []) earlier.push(await planOf(each));
    const { due, nextDueMs } = chooseDue(
      plan,
      { concurrency, after, everyMs: intervalOf(everyMs, stream) },
      earlier,
    );
    soonestMs = Math.min(soonestMs, nextDueMs - plan.nowMs);
    if (due.length > 0) await context.queue.addBulk(due.map((planned) => jobOf(context, account, planned)));
  }
  return soonestMs;
}

function jobOf(
  { service }: JobContext,
  account: NamedAccount,
  { scope: { stream, puid, algo } }: PlannedScope,
): NewJob {
  const target = { account: account.name, stream, puid: puid === null ? null : String(puid), algo };
  return {
    name: jobNameOf(stream, 'sync'),
    data: target,
    opts: {
      ...JOB_DEFAULTS,
      priority: service.streams.priorityOf(stream),
      deduplication: { id: deduplicationIdOf(target) },
    },
  };
}
