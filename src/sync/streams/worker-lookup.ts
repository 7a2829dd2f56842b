import { isKpoolError } from '../../core/errors';
import type { WorkerId } from '../../domain/ids';
import type { Pool } from '../../domain/pool';
import type { FleetScope } from '../../domain/scope';
import type { Run } from '../runs/run';

/** Details of a worker; empty when the pool refuses a worker it does not know. */
export async function findWorker(
  pool: Pick<Pool, 'getWorker'>,
  scope: FleetScope,
  workerId: WorkerId,
  run: Run,
): ReturnType<Pool['getWorker']> {
  try {
    return await pool.getWorker({ puid: scope.puid, algo: scope.algo, workerId }, run.callOptions);
  } catch (error) {
    if (!isKpoolError(error, 'pool.parameter') && !isKpoolError(error, 'pool.not-found')) throw error;
    return { rows: [], unreadable: [], answeredAtMs: 0 };
  }
}
