import {
  millisecondsInDay,
  millisecondsInHour,
  millisecondsInMinute,
  millisecondsInSecond,
} from 'date-fns/constants';

const UNITS_MS: readonly (readonly [RegExp, number])[] = [
  [/^(?:s|sec|secs|second|seconds)$/, millisecondsInSecond],
  [/^(?:m|min|mins|minute|minutes)$/, millisecondsInMinute],
  [/^(?:h|hour|hours)$/, millisecondsInHour],
  [/^(?:d|day|days)$/, millisecondsInDay],
  [/^(?:w|week|weeks)$/, 7 * millisecondsInDay],
];

/** Milliseconds of `90s`, `10 min`, `1h`, `1 day`, `2 weeks`; null for anything else, a bare number included. */
export function findDurationMs(text: string): number | null {
  const match = /^(\d{1,9})\s*([a-z]+)$/.exec(text.trim().toLowerCase());
  if (match === null) return null;
  const unitMs = UNITS_MS.find(([name]) => name.test(match[2] ?? ''))?.[1];
  return unitMs === undefined ? null : Number(match[1]) * unitMs;
}
