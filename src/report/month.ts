import type { Brand } from '../core/brand';

/** A calendar month as `2026-10`. */
export type Month = Brand<string, 'Month'>;

const MONTH_SYNTAX = /^\d{4}-(?:0[1-9]|1[0-2])$/;

/** The month that `text` writes as `2026-10`, or null when it writes none. */
export function findMonth(text: string): Month | null {
  return MONTH_SYNTAX.test(text) && !text.startsWith('0000') ? (text as Month) : null;
}

/** The first day of a month as PostgreSQL reads a date. */
export function firstDayOf(month: Month): string {
  return `${month}-01`;
}
