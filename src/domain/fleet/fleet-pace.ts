/** The cost of one snapshot of an account's fleet. */
export interface FleetPace {
  readonly requests: number;
  /** Seconds that it takes at the pace that the pool allows. */
  readonly seconds: number;
  /** The same as a share of the interval between two snapshots; above 1 the interval cannot be kept. */
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
