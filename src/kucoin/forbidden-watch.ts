/**
 * Tells a throttling 403 from a forbidding one, for one API key: per endpoint it counts the 403 of unknown
 * meaning that came in a row and spaced. A burst counts once, since a limiter refuses a whole burst.
 */
export interface ForbiddenWatch {
  /** A 403 arrived. True when it is the last straw: forbidden. */
  refused(endpoint: string, monotonicMs: number): boolean;
  /** The endpoint gave any other answer. */
  answered(endpoint: string): void;
}

export function createForbiddenWatch(forbiddenAfter: number, spacingMs: number): ForbiddenWatch {
  const streaks = new Map<string, { count: number; lastMs: number }>();
  return {
    refused(endpoint, monotonicMs) {
      const streak = streaks.get(endpoint);
      if (streak !== undefined && monotonicMs - streak.lastMs < spacingMs)
        return streak.count >= forbiddenAfter;
      const count = (streak?.count ?? 0) + 1;
      streaks.set(endpoint, { count, lastMs: monotonicMs });
      return count >= forbiddenAfter;
    },
    answered(endpoint) {
      streaks.delete(endpoint);
    },
  };
}
