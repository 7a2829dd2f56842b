import type { StreamFreshness } from '../report/overview';

/** `none here`: the process runs no jobs. */
export type QueueState = 'ok' | 'unreachable' | 'none here';

export interface Health {
  readonly isWell: boolean;
  readonly database: 'ok' | 'unreachable';
  readonly queue: QueueState;
  /** `account stream` of everything that has not succeeded for three of its intervals. */
  readonly late: readonly string[];
}

/**
 * A service is well when its database and its queue answer and nothing is late; one that has just begun has its time to
 * catch up.
 */
export async function readHealth(
  readFreshness: () => Promise<readonly StreamFreshness[]>,
  findQueueState: () => Promise<QueueState>,
  isCatchingUp: boolean,
): Promise<Health> {
  const [freshness, queue] = await Promise.all([readFreshness().catch(() => null), findQueueState()]);
  if (freshness === null) return { isWell: false, database: 'unreachable', queue, late: [] };
  const late = freshness.filter(({ isLate }) => isLate).map(({ account, stream }) => `${account} ${stream}`);
  const isWell = queue !== 'unreachable' && (late.length === 0 || isCatchingUp);
  return { isWell, database: 'ok', queue, late };
}
