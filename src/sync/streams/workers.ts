import { miningScopeOf } from '../mining-scope';
import type { FleetScope } from '../fleet-ports';
import type { Scope } from '../ports';
import type { Run } from '../run';
import { WorkerPass, type WorkersDeps } from './worker-pass';

/** Counts all workers and says so if the lists by status hold another number. */
async function compareTotal(pass: WorkerPass, listed: number): Promise<void> {
  const total = await pass.count('TOTAL');
  if (total !== null && total !== listed) pass.disagree(total, listed);
}

/**
 * One pass: every worker with its state, in one sample each, or none. What the pass saw is kept page by page and
 * lands at its end in one transaction; a pass that is broken off leaves nothing. Source:
 * `GET /v1/external/worker/query`.
 */
export async function syncWorkers(deps: WorkersDeps, anyScope: Scope, run: Run): Promise<void> {
  const scope: FleetScope = { ...miningScopeOf(anyScope), stream: 'workers' };
  const pass = await deps.fleet.beginPass(scope);
  const passRun = new WorkerPass(deps, scope, run, pass);
  try {
    const isEmpty = pass.knownWorkers === 0 && !pass.isFirst && (await passRun.count('TOTAL')) === 0;
    if (isEmpty) {
      await passRun.land({ unreadable: [], isComplete: true, hasMoved: false }, true);
      return;
    }
    const walked = await passRun.readAll();
    const listed = (await deps.fleet.countStaged(pass)) + walked.unreadable.length;
    const isTotalDue = pass.isTotalDue && walked.isComplete && !walked.hasMoved && listed > 0;
    if (isTotalDue) await compareTotal(passRun, listed);
    await passRun.land(walked, isTotalDue);
  } catch (error) {
    await deps.fleet.dropPass(pass).catch(() => undefined);
    throw error;
  }
}
