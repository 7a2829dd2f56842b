/** One arrival at the simulated pool. */
export interface RequestLogEntry {
  /** `earn/query`, …; the path itself when there is no such endpoint. */
  readonly endpoint: string;
  /** As sent, known or not; empty when missing. */
  readonly apiKey: string;
  /** When it arrived, by the monotonic clock, ms. */
  readonly arrivedAtMs: number;
  /** The pool's time at that moment, ms since the epoch. */
  readonly poolTimeMs: number;
  /** All parameters except the key and the signed passphrase. */
  readonly params: Readonly<Record<string, string>>;
  /** 0 until it is answered, or when it never is. */
  httpStatus: number;
  /** The envelope's code; null when there is none. */
  code: string | null;
  /** Rejected by the rate limit. */
  rejected: boolean;
}

type Listener = (entry: RequestLogEntry) => void;

/** Older entries are dropped beyond this many. */
const MAX_ENTRIES = 1_000_000;

/** Every request that arrived, in order of arrival. */
export class RequestLog {
  private recorded: RequestLogEntry[] = [];
  private readonly listeners = new Set<Listener>();

  get entries(): readonly RequestLogEntry[] {
    return this.recorded;
  }

  count(endpoint?: string): number {
    if (endpoint === undefined) return this.recorded.length;
    return this.recorded.filter((entry) => entry.endpoint === endpoint).length;
  }

  clear(): void {
    this.recorded = [];
  }

  add(entry: RequestLogEntry): void {
    if (this.recorded.length >= MAX_ENTRIES) this.recorded = this.recorded.slice(MAX_ENTRIES / 2);
    this.recorded.push(entry);
    for (const listener of [...this.listeners]) listener(entry);
  }

  /** Resolves with the next arrival that fits: for tests that wait for a request instead of sleeping. */
  next(fits: (entry: RequestLogEntry) => boolean = () => true): Promise<RequestLogEntry> {
    return new Promise((resolve) => {
      const listener: Listener = (entry) => {
        if (!fits(entry)) return;
        this.listeners.delete(listener);
        resolve(entry);
      };
      this.listeners.add(listener);
    });
  }

  /**
   * The most arrivals in any half-open span of `windowMs`, of one endpoint and key; `*` stands for all of them.
   * P6 says that this is at most N for a span of 1,000 ms.
   */
  maxArrivalsInWindow(endpoint: string, apiKey: string, windowMs: number): number {
    const arrivals = this.recorded
      .filter(
        (entry) =>
          (endpoint === '*' || entry.endpoint === endpoint) && (apiKey === '*' || entry.apiKey === apiKey),
      )
      .map((entry) => entry.arrivedAtMs);
    let most = 0;
    let oldest = 0;
    for (let newest = 0; newest < arrivals.length; newest += 1) {
      while ((arrivals[newest] ?? 0) - (arrivals[oldest] ?? 0) >= windowMs) oldest += 1;
      most = Math.max(most, newest - oldest + 1);
    }
    return most;
  }
}
