const LOOKS_PER_INTERVAL = 10;
const SHORTEST_MS = 1_000;
const LONGEST_MS = 5 * 60_000;

/**
 * How often a stream is planned. A plan also enqueues, with a delay, what comes due before the next one, so that
 * nothing is late because of it: the plans only bring news (new scopes, accounts that go on) and cost a few statements.
 */
export function planEveryMs(streamEveryMs: number): number {
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, Math.round(streamEveryMs / LOOKS_PER_INTERVAL)));
}
