import type { WorkerFilter, WorkerStatus } from '../entities';

/** The lists that together hold every worker, in the order in which they are paged. */
export const PAGED_STATUSES = ['ACTIVE', 'INACTIVE', 'INVALID'] as const satisfies readonly WorkerFilter[];

/** The status in which a worker counts as up. */
export const ACTIVE: WorkerStatus = 'ACTIVE';
