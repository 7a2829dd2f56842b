import { throwIfAborted } from '../../core/clock';
import type { Worker } from '../../domain/entities';
import type { WorkerId } from '../../domain/ids';
import { computeFairShare } from '../../domain/planning/fair-share';
import type { Pool } from '../../domain/pool';
import type { FleetScope, Scope } from '../../domain/scope';
import { miningScopeOf } from '../mining-scope';
import type { FleetStore } from '../ports/fleet-ports';
import type { Run } from '../runs/run';
import type { StreamDefinition } from '../stream';
import { findWorker } from './worker-lookup';

/** Workers per commit: limits how much a crash can lose, and how old an answer is when it is stored. */
const BATCH_WORKERS = 20;

interface WorkerDetailsDeps {
  readonly pool: Pick<Pool, 'getWorker'>;
  readonly fleet: FleetStore;
  /** Requests that one round may take, over all scopes of one account. */
  readonly workerDetailsPerRound: number;
}

/**
 * A slow round over all workers of a scope, one request each: new and missing ones first, then those after where the
 * last run stopped. The account's scopes share the requests fairly. Source: `GET /v1/external/worker/get`.
 */
async function syncWorkerDetails(deps: WorkerDetailsDeps, anyScope: Scope, run: Run): Promise<void> {
  const scope: FleetScope = { ...miningScopeOf(anyScope), stream: 'worker-details' };
  if (deps.workerDetailsPerRound === 0) return;
  const done = new Set<WorkerId>();
  const most = computeFairShare(deps.workerDetailsPerRound, await deps.fleet.findFleetSizes(scope.accountId));
  while (done.size < most) {
    const limit = Math.min(BATCH_WORKERS, most - done.size);
    const batch = await deps.fleet.findNextDetails(scope, done, limit);
    const workers: Worker[] = [];
    for (const workerId of batch.workerIds) {
      throwIfAborted(run.signal);
      const { rows, unreadable } = await findWorker(deps.pool, scope, workerId, run);
      workers.push(...rows);
      done.add(workerId);
      run.add({ rowsRead: rows.length + unreadable.length });
      for (const { reason } of unreadable) {
        run.markPartial(`the details of worker ${workerId} could not be parsed: ${reason}`);
      }
    }
    const { changed, unchanged } = await deps.fleet.storeDetails(scope, workers, batch);
    run.add({ changed, unchanged });
    if (batch.workerIds.length < limit) return;
  }
}

export const workerDetails: StreamDefinition = {
  name: 'worker-details',
  endpoint: 'worker/get',
  scopes: 'mining',
  every: '1 day',
  concurrency: 1,
  isSlowRound: true,
  after: { streams: ['workers'], wait: 'first' },
  lockMode: 'wait-and-reuse',
  sync: syncWorkerDetails,
};
