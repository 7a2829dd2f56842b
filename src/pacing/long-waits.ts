import type { Bucket } from './buckets';
import type { PacingEvent } from './events';
import { REPORT_WAIT_AFTER_MS, REPORT_WAIT_EVERY_MS } from './time-limits';

/** Reports buckets that wait for too long, all in one event. */
export class LongWaits {
  private reportedAtMs = -Infinity;

  constructor(private readonly onEvent: (event: PacingEvent) => void) {}

  /** `nowMs` is monotonic; `lostForMs` is what the last poll said. */
  report(buckets: readonly Bucket[], nowMs: number, lostForMs: number): void {
    if (nowMs - this.reportedAtMs < REPORT_WAIT_EVERY_MS) return;
    const waits = buckets.map((bucket) => bucket.waitMs(nowMs));
    const long = waits.filter((waitMs) => waitMs >= REPORT_WAIT_AFTER_MS);
    if (long.length === 0) return;
    this.reportedAtMs = nowMs;
    this.onEvent({ kind: 'waiting', buckets: long.length, longestMs: Math.max(...long), lostForMs });
  }
}
