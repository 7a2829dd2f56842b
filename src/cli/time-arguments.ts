import { InvalidArgumentError } from 'commander';
import { isValid, parseISO } from 'date-fns';
import { findMonth, type Month } from '../report/month';

/** A day as YYYY-MM-DD, to its first instant in UTC, ms since the epoch. */
export function parseDay(text: string): number {
  const day = parseISO(`${text}T00:00:00Z`);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || !isValid(day)) {
    throw new InvalidArgumentError('A day is written YYYY-MM-DD, e.g. 2026-10-01.');
  }
  return day.getTime();
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
  if (text !== 'now' && (!hasZone || !isValid(parseISO(text)))) {
    throw new InvalidArgumentError('An instant carries its zone, e.g. 2026-11-05T09:00:00Z; or take now.');
  }
  return text;
}
