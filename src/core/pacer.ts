/** What the pool's limit counts: requests of one API key (by its fingerprint, never the key) to one endpoint. */
export interface PacedBucket {
  readonly key: string;
  readonly endpoint: string;
}

export interface PermitRequest {
  readonly bucket: PacedBucket;
  /** 1 is served first. */
  readonly priority: number;
  readonly signal?: AbortSignal;
}

/** The right to send one request. */
export interface Permit {
  /** Marks the dispatch, now. False when the permit has expired, unused for 1 s: acquire another. */
  use(): boolean;
  /** The request was answered, its socket destroyed, or it was never sent. Call exactly once, in a `finally`. */
  answered(): void;
}

/** The rate limiter (P6): nothing is sent without a permit, and one request per permit. */
export interface Pacer {
  /**
   * Waits for a permit for one request: priority 1 first, then in order of arrival; waiting raises the priority.
   * Rejects with `aborted` when `signal` fires or the pacer stops, and with `pacing.unavailable` when the database that
   * keeps the pace is unreachable.
   */
  acquire(request: PermitRequest): Promise<Permit>;
  /**
   * Reports that the pool throttled a request that had a permit: under `auto`, the key is paced as a whole from now on.
   * `isCertain` (default true): the answer cannot have meant anything else.
   */
  reportThrottled(bucket: PacedBucket, isCertain?: boolean): void;
  /** Under `auto`: paces each endpoint separately again, if this process scoped the key on uncertain reports only. */
  retractUncertainReports(key: string): void;
}
