import type { Sql, TransactionSql } from 'postgres';
import { assert } from '../core/assert';

/**
 * An instant as ISO text in UTC, to the microsecond. A JavaScript Date would drop the microseconds, and with them the last
 * change before the instant.
 */
export function instantText(sql: Sql | TransactionSql, instant: ReturnType<Sql>): ReturnType<Sql> {
  return sql`to_char(${instant} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

/** Fixes the present instant: the ledger as of it never changes again. Waits for all commits in progress. */
export async function fixLedgerInstant(sql: Sql | TransactionSql): Promise<string> {
  const [fixed] = await sql<{ instant: string }[]>`
    SELECT ${instantText(sql, sql`sync.fix_ledger_instant()`)} AS instant`;
  assert(fixed !== undefined, 'a SELECT without FROM has one row');
  return fixed.instant;
}
