import type { FleetScope, Scope } from '../../domain/scope';
import { miningScopeOf } from '../mining-scope';
import type { Run } from '../runs/run';
import type { StreamDefinition } from '../stream';
import type { WorkerSnapshot, WorkersDeps } from './worker-snapshot';

/** Compares the count of all workers with the lists by status. */
async function compareTotal(reader: WorkerSnapshot, listed: number): Promise<void> {
  const total = await reader.count('TOTAL');
  if (total !== null && total !== listed) reader.disagree(total, listed);
}

/**
 * Takes one snapshot. Workers are staged page by page and stored at the end in one transaction; an interrupted snapshot
 * leaves nothing. Source: `GET /v1/external/worker/query`.
 */
export async function syncWorkers(deps: WorkersDeps, anyScope: Scope, run: Run): Promise<void> {
  const scope: FleetScope = { ...miningScopeOf(anyScope), stream: 'workers' };
  // Loaded on the first run: every command reads the registry, but few of them sync.
  const { WorkerSnapshot } = await import('./worker-snapshot');
  const snapshot = await deps.fleet.beginSnapshot(scope);
  const reader = new WorkerSnapshot(deps, scope, run, snapshot);
  try {
    const isEmpty = snapshot.knownWorkers === 0 && !snapshot.isFirst && (await reader.count('TOTAL')) === 0;
    if (isEmpty) {
      await reader.land({ unreadable: [], isComplete: true, hasMoved: false }, true);
      return;
    }
    const paged = await reader.readAll();
    const listed = (await deps.fleet.countStaged(snapshot)) + paged.unreadable.length;
    const isTotalDue = snapshot.isTotalDue && paged.isComplete && !paged.hasMoved && listed > 0;
    if (isTotalDue) await compareTotal(reader, listed);
    await reader.land(paged, isTotalDue);
  } catch (error) {
    await deps.fleet.dropSnapshot(snapshot).catch(() => undefined);
    throw error;
  }
}

export const workers: StreamDefinition = {
  name: 'workers',
  endpoint: 'worker/query',
  scopes: 'mining',
  every: '10 min',
  // Few enough to leave requests for earnings.
  concurrency: 2,
  lockMode: 'wait-and-reuse',
  sync: syncWorkers,
};
