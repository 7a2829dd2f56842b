/** Limits of one request, ms. When one is reached, the socket is destroyed and the attempt fails. */
export interface Timeouts {
  /** From the start of a connection until it is established, TLS included. */
  readonly connectMs: number;
  /** From an established connection until the answer's headers. */
  readonly headersMs: number;
  /** Between two pieces of the answer's body. */
  readonly bodyMs: number;
  /** From the dispatch until the last byte. The pacer's lease must outlive it. */
  readonly totalMs: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = {
  connectMs: 10_000,
  headersMs: 15_000,
  bodyMs: 15_000,
  totalMs: 30_000,
};
