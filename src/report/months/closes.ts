import type { Sql, TransactionSql } from 'postgres';
import { fixLedgerInstant, instantText } from '../ledger-instants';
import { findMonthObstacles } from './month-obstacles';
import { firstDayOf, type Month } from './month';
import { readTieOut } from '../reconciliation/tie-out';

/** A record of `sync.closes`. */
export interface CloseRecord {
  readonly month: string;
  readonly action: 'close' | 'reopen';
  /** The month is reported as of this instant, to the microsecond: the argument of `report.income_as_of`. */
  readonly instant: string;
  readonly note: string | null;
  /** Whether the pool's totals tied out at the close, in a sentence; null for a reopening. */
  readonly tieOut: string | null;
}

export type CloseResult =
  | {
      readonly outcome: 'recorded';
      readonly record: CloseRecord;
      /** How many of the pool's totals, for scopes with income in the month, do not tie out. */
      readonly differing: number;
      /** Items of the month that the close keeps without a price; 0 where income is not valued. */
      readonly unpriced: number;
    }
  /** Nothing was recorded. */
  | {
      readonly outcome: 'refused';
      readonly reasons: readonly string[];
      /** True if `force` would have closed the month. */
      readonly isForceable?: true;
    };

/**
 * Closes a month: records the instant as of which it is reported from then on. Refused if the month is already closed or,
 * unless forced, if it is not over or not certified. Any later change of its income is an adjustment
 * (`report.income_changes`).
 */
export async function closeMonth(
  sql: Sql,
  month: Month,
  options: { readonly note: string | null; readonly force: boolean },
): Promise<CloseResult> {
  // Before taking the lock that makes ledger commits wait.
  const tieOut = await readTieOut(sql, { accountName: null, month });
  return sql.begin(async (tx) => {
    if (await isClosed(tx, month)) return refused(`${month} is already closed.`);
    const instant = await fixLedgerInstant(tx);
    // Under the lock that fixes the instant, nothing can be committed between this check and the record.
    const reasons = options.force ? [] : await findMonthObstacles(tx, month);
    if (reasons.length > 0) return { outcome: 'refused', reasons, isForceable: true } as const;
    const entry = { month, action: 'close', instant, note: options.note, tieOut: tieOut.text } as const;
    const unpriced = await countUnpriced(tx, month);
    return { outcome: 'recorded', record: await record(tx, entry), differing: tieOut.differing, unpriced };
  });
}

/** Reopens a closed month: its figures follow the ledger until it is closed again. */
export async function reopenMonth(
  sql: Sql,
  month: Month,
  options: { readonly note: string | null },
): Promise<CloseResult> {
  return sql.begin(async (tx) => {
    if (!(await isClosed(tx, month))) return refused(`${month} is not closed.`);
    const instant = await fixLedgerInstant(tx);
    const entry = { month, action: 'reopen', instant, note: options.note, tieOut: null } as const;
    return { outcome: 'recorded', record: await record(tx, entry), differing: 0, unpriced: 0 };
  });
}

/** All records, oldest first. The latest record of a month is in force. */
export async function readCloses(sql: Sql): Promise<readonly CloseRecord[]> {
  return sql<CloseRecord[]>`
    SELECT to_char(month, 'YYYY-MM') AS month, action, ${instantText(sql, sql`instant`)} AS instant, note, tie_out AS "tieOut"
      FROM sync.closes ORDER BY close_id`;
}

async function countUnpriced(sql: Sql | TransactionSql, month: Month): Promise<number> {
  const first = firstDayOf(month);
  const [missing] = await sql<{ items: number }[]>`
    SELECT coalesce(sum(items), 0)::int AS items FROM report.missing_prices
     WHERE quote_currency IS NOT NULL AND price_date >= ${first}::date AND price_date < ${first}::date + interval '1 month'`;
  return missing?.items ?? 0;
}

function refused(reason: string): CloseResult {
  return { outcome: 'refused', reasons: [reason] };
}

async function isClosed(tx: TransactionSql, month: Month): Promise<boolean> {
  // Closes run one at a time.
  await tx`SELECT sync.lock('closes')`;
  const closes = await tx`
    SELECT FROM sync.close_spans WHERE month = ${firstDayOf(month)}::date AND next_at IS NULL`;
  return closes.length > 0;
}

async function record(
  tx: TransactionSql,
  entry: Omit<CloseRecord, 'month'> & { readonly month: Month },
): Promise<CloseRecord> {
  await tx`
    INSERT INTO sync.closes (month, action, instant, note, tie_out)
    VALUES (${firstDayOf(entry.month)}::date, ${entry.action}, ${entry.instant}::text::timestamptz, ${entry.note}, ${entry.tieOut})`;
  return entry;
}
