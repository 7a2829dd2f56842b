import { millisecondsInDay, millisecondsInHour, millisecondsInMinute } from 'date-fns/constants';

export const MINUTE_MS = millisecondsInMinute;
export const HOUR_MS = millisecondsInHour;
export const DAY_MS = millisecondsInDay;

/** Start of the UTC day of an instant, both in ms since the epoch. */
export function startOfUtcDay(atMs: number): number {
  return Math.floor(atMs / DAY_MS) * DAY_MS;
}
