import type { Sql } from 'postgres';
import { assert } from '../../core/assert';
import { KpoolError } from '../../core/errors';
import { fixLedgerInstant, instantText } from '../ledger-instants';
import type { Period } from './period';

/** The instant as of which the ledger is exported, and the reason for it. */
export interface AsOf {
  /** ISO text in UTC, to the microsecond. The ledger as of this instant never changes. */
  readonly instant: string;
  readonly reason: 'now' | 'given' | 'close of the month';
}

/**
 * Resolves the instant: the given one; otherwise the close of a closed month; otherwise now (also for `now`), fixed so that
 * nothing can be dated before it afterwards. Throws `usage.invalid` for a future instant.
 */
export async function findAsOf(sql: Sql, period: Period, given: string | null): Promise<AsOf> {
  if (given === null) {
    const closedAt = await findClose(sql, period.name);
    if (closedAt !== null) return { instant: closedAt, reason: 'close of the month' };
  }
  // For a given instant too: waits for all commits in progress that are dated before it.
  const now = await fixLedgerInstant(sql);
  if (given === null || given === 'now') return { instant: now, reason: 'now' };
  const [row] = await sql<{ instant: string; isPast: boolean }[]>`
    SELECT ${instantText(sql, sql`${given}::text::timestamptz`)} AS instant,
           ${given}::text::timestamptz <= ${now}::text::timestamptz AS "isPast"`;
  assert(row !== undefined, 'a SELECT without FROM has one row');
  if (!row.isPast) {
    throw new KpoolError('usage.invalid', `--as-of ${given} lies in the future.`, {
      hint: 'Give an instant that has passed, or leave it out for now.',
    });
  }
  return { instant: row.instant, reason: 'given' };
}

async function findClose(sql: Sql, name: string): Promise<string | null> {
  if (!/^\d{4}-\d{2}$/.test(name)) return null;
  const [close] = await sql<{ instant: string }[]>`
    SELECT ${instantText(sql, sql`closed_at`)} AS instant
      FROM sync.close_spans WHERE month = ${`${name}-01`}::date AND next_at IS NULL`;
  return close?.instant ?? null;
}
