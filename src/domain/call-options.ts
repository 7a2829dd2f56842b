/** Options of one call to the pool. */
export interface CallOptions {
  /** 1 is served first. */
  readonly priority: number;
  readonly signal?: AbortSignal;
  /** Called for every request of the call that leaves, retries included. */
  readonly onDispatch?: () => void;
}
