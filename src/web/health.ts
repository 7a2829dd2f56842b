import type { StreamFreshness } from '../report/overview';

export interface Health {
  readonly isWell: boolean;
  readonly database: 'ok' | 'unreachable';
  /** `account stream` of everything that has not succeeded for three of its intervals. */
  readonly late: readonly string[];
}

/** A service is well when its database answers and nothing is late; one that has just begun has its time to catch up. */
export async function readHealth(
  readFreshness: () => Promise<readonly StreamFreshness[]>,
  isCatchingUp: boolean,
): Promise<Health> {
  try {
    const freshness = await readFreshness();
    const late = freshness
      .filter(({ isLate }) => isLate)
      .map(({ account, stream }) => `${account} ${stream}`);
    return { isWell: late.length === 0 || isCatchingUp, database: 'ok', late };
  } catch {
    return { isWell: false, database: 'unreachable', late: [] };
  }
}
