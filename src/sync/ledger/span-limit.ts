import { DAY_MS, horizonMs, type Window } from '../../domain/windows';

/** A server that refuses even a shorter span means something else. */
const SHORTEST_SPAN_MS = DAY_MS / 4;

/**
 * How long a span of time the server lets us ask for: the specification names no limit, but a server may refuse
 * long spans as a wrong parameter. It is found by halving what was refused.
 */
export class SpanLimit {
  private longestMs = Infinity;

  /** A window in parts that are not longer than what the server is known to accept, newest first. */
  fit(window: Window, poolNowMs: number): [newest: Window, ...older: Window[]] {
    const topMs = Math.min(window.toMs, horizonMs(poolNowMs));
    const cutMs = topMs - this.longestMs;
    if (cutMs <= window.fromMs) return [window];
    return [
      { fromMs: cutMs, toMs: window.toMs },
      { fromMs: window.fromMs, toMs: cutMs },
    ];
  }

  /** Notes that a window was refused. Its parts, newest first, or null when it is short already. */
  shorten(window: Window, poolNowMs: number): readonly Window[] | null {
    const spanMs = Math.min(window.toMs, horizonMs(poolNowMs)) - window.fromMs;
    if (spanMs <= SHORTEST_SPAN_MS) return null;
    const halfMs = spanMs / 2;
    this.longestMs = halfMs >= DAY_MS ? Math.floor(halfMs / DAY_MS) * DAY_MS : Math.floor(halfMs);
    return this.fit(window, poolNowMs);
  }
}
