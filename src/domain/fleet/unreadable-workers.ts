import { findId, type WorkerId } from '../ids';
import type { UnreadableRow } from '../page';

const WORKER_ID_FIELD = /"workerId"\s*:\s*"?(\d{1,19})"?\s*[,}]/g;

/**
 * The workers that the unreadable rows of a snapshot may stand for, so that none of them counts as removed; null if
 * they may stand for any worker.
 */
export function findUnreadableWorkers(unreadable: readonly UnreadableRow[]): ReadonlySet<WorkerId> | null {
  const ids = new Set<WorkerId>();
  for (const { raw } of unreadable) {
    const [found, ...others] = [...raw.matchAll(WORKER_ID_FIELD)].map((match) => findId(match[1] ?? ''));
    if (found === undefined || found === null || others.length > 0) return null;
    ids.add(found as WorkerId);
  }
  return ids;
}
