/** How many requests may arrive in a sliding window, per API key or per API key and endpoint. */
export interface RateLimit {
  readonly requests: number;
  readonly windowMs: number;
  readonly per: 'endpoint' | 'key';
}

export const DOCUMENTED_RATE_LIMIT: RateLimit = { requests: 2, windowMs: 1_000, per: 'endpoint' };

/**
 * Counts arrivals by the monotonic clock. Rejected arrivals count too: a client that keeps going too fast stays
 * rejected until it slows down.
 */
export class RateCounter {
  private readonly arrivals = new Map<string, number[]>();

  /** Counts an arrival and says whether it keeps the limit. */
  admits(limit: RateLimit, apiKey: string, endpoint: string, atMs: number): boolean {
    const bucket = limit.per === 'key' ? apiKey : `${apiKey} ${endpoint}`;
    const recent = (this.arrivals.get(bucket) ?? []).filter((arrival) => atMs - arrival < limit.windowMs);
    recent.push(atMs);
    this.arrivals.set(bucket, recent);
    return recent.length <= limit.requests;
  }
}
