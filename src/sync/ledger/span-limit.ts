import { DAY_MS, horizonMs, startOfUtcDay, type Window } from '../../domain/windows';

/** A server that refuses even a shorter span means something else. */
const SHORTEST_SPAN_MS = DAY_MS / 4;

/**
 * How long a span of time the server answers with all that it holds: the specification names no limit, but a server
 * may refuse long spans as a wrong parameter, or serve a part of them. The former is found by halving what was
 * refused, the latter by `findSpanLimit`.
 */
export class SpanLimit {
  private longest = Infinity;

  /** Infinity while no limit is known. */
  get longestMs(): number {
    return this.longest;
  }

  lower(spanMs: number): void {
    this.longest = Math.min(this.longest, spanMs);
  }

  /**
   * A window in parts that are not longer than what the server is known to answer, newest first. One that grows with
   * time is given room for that.
   */
  fit(window: Window, poolNowMs: number): [newest: Window, ...older: Window[]] {
    const topMs = Math.min(window.toMs, horizonMs(poolNowMs));
    if (topMs - window.fromMs <= this.longest) return [window];
    const isGrowing = window.toMs === Infinity && this.longest >= 2 * DAY_MS;
    const cutMs = isGrowing ? startOfUtcDay(topMs - this.longest / 2) : topMs - this.longest;
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
    this.lower(halfMs >= DAY_MS ? Math.floor(halfMs / DAY_MS) * DAY_MS : Math.floor(halfMs));
    return this.fit(window, poolNowMs);
  }
}
