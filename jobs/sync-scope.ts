import { WaitingError } from 'bullmq';
import { KpoolError } from '../src/core/errors';
import { findAccount, type JobContext, type QueuedJob } from './job-context';
import { planNext } from './plan';
import { parseSyncPayload } from './sync-payload';

/** A job whose first permit would take longer makes way for others. */
const MAX_PERMIT_WAIT_MS = 5_000;

/** Syncs the scope that the job names. Resolves to the outcome; throws its failure. */
export async function syncScope(context: JobContext, job: QueuedJob, token: string): Promise<string> {
  const { service, signal } = context;
  const target = parseSyncPayload(job.data);
  const account = findAccount(service, target.account);
  if (account === null) {
    throw new KpoolError('config.invalid', `This process does not know the account ${target.account}.`, {
      hint: 'Give every process of one database the same accounts.',
    });
  }
  if (!(await service.mayRun(account, target.stream))) return 'account stopped';
  const openCircuitMs = service.openCircuitMs(account, target.stream);
  const waitMs = openCircuitMs > 0 ? openCircuitMs : service.waitEstimateMs(account, target.stream);
  // Starting a run that cannot send anything would count as a failure of the scope. It stays due, so it is planned
  // again.
  if (openCircuitMs > 0 || waitMs > MAX_PERMIT_WAIT_MS) {
    context.wakeIn(context.holds.hold(account, target.stream, waitMs));
    return 'waits for the pool';
  }
  const scope = { stream: target.stream, accountId: account.accountId, puid: target.puid, algo: target.algo };
  const result = await service.run(account, scope, { trigger: 'schedule', signal });
  if (result.outcome === 'aborted' && signal.aborted) {
    await job.moveToWait(token);
    throw new WaitingError();
  }
  await planNext(context, account, target.stream);
  if (result.error !== null) throw result.error;
  return result.outcome;
}
