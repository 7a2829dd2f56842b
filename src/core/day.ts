import { millisecondsInDay } from 'date-fns/constants';

export const DAY_MS = millisecondsInDay;

/** Start of the UTC day of an instant, both in ms since the epoch. */
export function startOfUtcDay(atMs: number): number {
  return Math.floor(atMs / DAY_MS) * DAY_MS;
}

/** Midnight in UTC of a day written YYYY-MM-DD, ms since the epoch; null if there is no such day. */
export function findDay(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const dayMs = Date.parse(`${text}T00:00:00Z`);
  // Date.parse turns 02-30 into a day of March.
  return Number.isNaN(dayMs) || new Date(dayMs).toISOString().slice(0, 10) !== text ? null : dayMs;
}
