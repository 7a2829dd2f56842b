import { Refusal, SYSTEM_CODES } from '../http/envelope';
import type { Quirks } from '../quirks';
import { DAY_MS, startOfUtcDay } from '../time';

/** Which mining dates a query lets through: `fromMs` ≤ miningDate < `toMs`. */
export interface Bounds {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What startTime and endTime mean under the quirks; null: not sent. */
export function boundsOf(
  startMs: number | null,
  endMs: number | null,
  quirks: Quirks,
  nowMs: number,
): Bounds {
  if (startMs !== null && endMs !== null) {
    if (startMs > endMs) throw new Refusal(SYSTEM_CODES.parameter, 'startTime is after endTime');
    if (quirks.maxSpanDays !== null && endMs - startMs > quirks.maxSpanDays * DAY_MS) {
      throw new Refusal(SYSTEM_CODES.parameter, `the span is longer than ${quirks.maxSpanDays} days`);
    }
  }
  if (quirks.futureEnds === 'refused' && endMs !== null && endMs > nowMs)
    throw new Refusal(SYSTEM_CODES.parameter, 'endTime is in the future');
  const fallbackMs =
    quirks.unboundedDays === null ? -Infinity : (endMs ?? nowMs) - quirks.unboundedDays * DAY_MS;
  if (quirks.bounds === 'ignored')
    return { fromMs: startMs === null ? fallbackMs : -Infinity, toMs: Infinity };
  return {
    fromMs: startMs === null ? fallbackMs : firstOf(startMs, quirks),
    toMs: endMs === null ? Infinity : endOf(endMs, quirks),
  };
}

function firstOf(startMs: number, { bounds }: Quirks): number {
  if (bounds === 'utc-days') return startOfUtcDay(startMs);
  return bounds === 'exclusive' || bounds === 'end-inclusive' ? startMs + 1 : startMs;
}

function endOf(endMs: number, { bounds }: Quirks): number {
  if (bounds === 'utc-days') return startOfUtcDay(endMs) + DAY_MS;
  return bounds === 'exclusive' || bounds === 'start-inclusive' ? endMs : endMs + 1;
}
