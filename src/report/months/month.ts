import type { Brand } from '../../core/brand';

/** A calendar month as `2026-10`. */
export type Month = Brand<string, 'Month'>;

const MONTH_SYNTAX = /^\d{4}-(?:0[1-9]|1[0-2])$/;

/** Parses `2026-10`; null if `text` is not a month. */
export function findMonth(text: string): Month | null {
  return MONTH_SYNTAX.test(text) && !text.startsWith('0000') ? (text as Month) : null;
}

/** The first day of a month, as a PostgreSQL date. */
export function firstDayOf(month: Month): string {
  return `${month}-01`;
}
