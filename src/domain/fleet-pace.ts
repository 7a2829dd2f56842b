/** What one snapshot of the fleet of an account takes. */
export interface FleetPace {
  readonly requests: number;
  /** At the pace that the pool allows, s. */
  readonly seconds: number;
  /** Of the interval between two snapshots; beyond 1 it cannot be kept. */
  readonly share: number;
}

/** Workers are listed by status, 100 per request. */
export function paceOfSnapshot(
  requests: number,
  { requestsPerSecond, everyMs }: { readonly requestsPerSecond: number; readonly everyMs: number },
): FleetPace {
  const seconds = requests / requestsPerSecond;
  return { requests, seconds, share: (seconds * 1_000) / everyMs };
}
