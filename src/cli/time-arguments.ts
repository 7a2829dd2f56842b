import { InvalidArgumentError } from 'commander';
import { findDay } from '../core/day';
import { findMonth, type Month } from '../report/month';

/** A day as YYYY-MM-DD, to its first instant in UTC, ms since the epoch. */
export function parseDay(text: string): number {
  const dayMs = findDay(text);
  if (dayMs === null) throw new InvalidArgumentError('A day is written YYYY-MM-DD, e.g. 2026-10-01.');
  return dayMs;
}

export function parseMonth(text: string): Month {
  const month = findMonth(text);
  if (month === null) throw new InvalidArgumentError('A month is written YYYY-MM, e.g. 2026-10.');
  return month;
}

export function parseYear(text: string): string {
  if (!/^(?:19|20)\d{2}$/.test(text)) {
    throw new InvalidArgumentError('A year is written YYYY, e.g. 2026.');
  }
  return text;
}

/** An instant with its zone, as PostgreSQL reads it too, or `now`. Digits beyond the millisecond are kept. */
export function parseInstant(text: string): string {
  const hasZone = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:\d{2})$/.test(text);
  const isInstant = hasZone && findDay(text.slice(0, 10)) !== null && !Number.isNaN(Date.parse(text));
  if (text !== 'now' && !isInstant) {
    throw new InvalidArgumentError('An instant carries its zone, e.g. 2026-11-05T09:00:00Z; or take now.');
  }
  return text;
}
