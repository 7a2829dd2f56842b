/** What a permit is for. The pool limits requests per API key and endpoint, or per key as a whole. */
export interface Bucket {
  /** Fingerprint of the API key, never the key. */
  readonly key: string;
  readonly endpoint: string;
}

export interface PermitRequest {
  readonly bucket: Bucket;
  /** 1 is served first. */
  readonly priority: number;
  readonly signal?: AbortSignal;
}

/** The right to send one request, once, now. */
export interface Permit {
  /** Marks the dispatch, now. False when the permit has expired unused: acquire another. */
  use(): boolean;
  /** The request was answered, its socket destroyed, or it was never sent. Called exactly once. */
  answered(): void;
}

/** The port to the rate limiter (P6): the client sends nothing without a permit, and one request per permit. */
export interface Pacer {
  acquire(request: PermitRequest): Promise<Permit>;
  /**
   * The pool throttled although every request had its permit. `isCertain` false: the answer may mean something else.
   */
  reportThrottled(bucket: Bucket, isCertain: boolean): void;
  /** It did mean something else: undoes what was concluded from uncertain reports about the key. */
  retractUncertainReports(key: string): void;
}
