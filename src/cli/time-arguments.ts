import { InvalidArgumentError } from 'commander';
import { findDay } from '../core/day';
import { findMonth, type Month } from '../report/months/month';

/** Parses YYYY-MM-DD; returns the start of the day in UTC, ms since the epoch. */
export function parseDay(text: string): number {
  const dayMs = findDay(text);
  if (dayMs === null) throw new InvalidArgumentError('Give a day as YYYY-MM-DD, e.g. 2026-10-01.');
  return dayMs;
}

export function parseMonth(text: string): Month {
  const month = findMonth(text);
  if (month === null) throw new InvalidArgumentError('Give a month as YYYY-MM, e.g. 2026-10.');
  return month;
}

export function parseYear(text: string): string {
  if (!/^(?:19|20)\d{2}$/.test(text)) {
    throw new InvalidArgumentError('Give a year as YYYY, e.g. 2026.');
  }
  return text;
}

/** An instant with its zone, in a form that PostgreSQL accepts, or `now`. Microseconds are kept. */
export function parseInstant(text: string): string {
  const hasZone = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:\d{2})$/.test(text);
  const isInstant = hasZone && findDay(text.slice(0, 10)) !== null && !Number.isNaN(Date.parse(text));
  if (text !== 'now' && !isInstant) {
    throw new InvalidArgumentError('Give an instant with its zone, e.g. 2026-11-05T09:00:00Z, or now.');
  }
  return text;
}
