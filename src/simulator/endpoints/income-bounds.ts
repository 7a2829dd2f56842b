import { DAY_MS, startOfUtcDay } from '../../core/day';
import { millisecondsInHour } from 'date-fns/constants';
import { Refusal, SYSTEM_CODES } from '../http/envelope';
import type { Quirks } from '../quirks';

const UTC8_MS = 8 * millisecondsInHour;

/** Which dates a query lets through: `fromMs` ≤ date < `toMs`. */
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
  const shifted = (atMs: number | null): number | null =>
    atMs === null ? null : atMs + quirks.boundsShiftMs;
  return moveStart(
    clipBounds(shifted(startMs), shifted(endMs), quirks, fallbackMs),
    quirks.forgottenBeforeMs,
  );
}

function moveStart({ fromMs, toMs }: Bounds, forgottenBeforeMs: number | null): Bounds {
  return { fromMs: Math.max(fromMs, forgottenBeforeMs ?? -Infinity), toMs };
}

function clipBounds(
  startMs: number | null,
  endMs: number | null,
  quirks: Quirks,
  fallbackMs: number,
): Bounds {
  if (quirks.bounds === 'ignored')
    return { fromMs: startMs === null ? fallbackMs : -Infinity, toMs: Infinity };
  const bounds = {
    fromMs: startMs === null ? fallbackMs : findFirst(startMs, quirks),
    toMs: endMs === null ? Infinity : findEnd(endMs, quirks),
  };
  return startMs === null || endMs === null ? bounds : clipped(bounds, startMs, endMs, quirks);
}

function clipped(bounds: Bounds, startMs: number, endMs: number, { clippedSpan }: Quirks): Bounds {
  if (clippedSpan === null) return bounds;
  const spanMs = clippedSpan.days * DAY_MS;
  return clippedSpan.keeps === 'last'
    ? { fromMs: Math.max(bounds.fromMs, endMs - spanMs), toMs: bounds.toMs }
    : { fromMs: bounds.fromMs, toMs: Math.min(bounds.toMs, startMs + spanMs) };
}

/** The first instant of the day of an instant, where bounds are cut to days of one zone; else null. */
function findBoundDay(atMs: number, { bounds }: Quirks): number | null {
  if (bounds === 'utc-days') return startOfUtcDay(atMs);
  return bounds === 'utc8-days' ? startOfUtcDay(atMs + UTC8_MS) - UTC8_MS : null;
}

function findFirst(startMs: number, quirks: Quirks): number {
  const { bounds } = quirks;
  const includesStart = bounds !== 'exclusive' && bounds !== 'end-inclusive';
  return findBoundDay(startMs, quirks) ?? (includesStart ? startMs : startMs + 1);
}

function findEnd(endMs: number, quirks: Quirks): number {
  const { bounds } = quirks;
  const dayMs = findBoundDay(endMs, quirks);
  if (dayMs !== null) return dayMs + DAY_MS;
  return bounds === 'exclusive' || bounds === 'start-inclusive' ? endMs : endMs + 1;
}
