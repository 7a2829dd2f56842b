/** Options of one call to the pool. */
export interface CallOptions {
  /** Rank among waiting requests: 1 is served first. */
  readonly priority: number;
  readonly signal?: AbortSignal;
  /** Called for every request of the call that is sent, retries included. */
  readonly onDispatch?: () => void;
}
