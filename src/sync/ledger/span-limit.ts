import { DAY_MS, horizonMs, type Window } from '../../domain/windows';

/** A server that refuses even a shorter span means something else. */
const SHORTEST_SPAN_MS = DAY_MS / 4;

/**
 * How long a span of time the server lets us ask for: the specification names no limit, but a server may refuse
 * long spans as a wrong parameter. It is found by halving what was refused.
 */
export class SpanLimit {
  private longestMs = Infinity;

  /** The newer part of a window that is not longer than what the server is known to accept. */
  fit(window: Window, poolNowMs: number): Window {
    const topMs = Math.min(window.toMs, horizonMs(poolNowMs));
    return { fromMs: Math.max(window.fromMs, topMs - this.longestMs), toMs: window.toMs };
  }

  /** Notes that a window was refused; the cut that leaves its newer half, or null when it is short already. */
  findCut(window: Window, poolNowMs: number): number | null {
    const topMs = Math.min(window.toMs, horizonMs(poolNowMs));
    const spanMs = topMs - window.fromMs;
    if (spanMs <= SHORTEST_SPAN_MS) return null;
    const halfMs = spanMs / 2;
    this.longestMs = halfMs >= DAY_MS ? Math.floor(halfMs / DAY_MS) * DAY_MS : Math.floor(halfMs);
    return topMs - this.longestMs;
  }
}
