import type { Sql } from 'postgres';
import { assert } from '../../core/assert';
import { instantText } from '../ledger-instants';

/** A month (`2026-10`), a year (`2026`), or everything. */
export type PeriodName = string | null;

/** A period in the reports' time zone. Instants are ISO texts in UTC, to the microsecond. */
export interface Period {
  /** `2026-10`, `2026` or `all`. */
  readonly name: string;
  readonly timeZone: string;
  /** Inclusive; null: from the beginning. */
  readonly from: string | null;
  /** Exclusive; null: open. */
  readonly to: string | null;
}

/** The period's bounds in the reports' time zone (REPORT_TIME_ZONE, as last synced). */
export async function readPeriod(sql: Sql, name: PeriodName): Promise<Period> {
  const start = name === null ? null : name.length === 4 ? `${name}-01-01` : `${name}-01`;
  const length = name?.length === 4 ? '1 year' : '1 month';
  const [row] = await sql<{ timeZone: string; from: string | null; to: string | null }[]>`
    SELECT time_zone AS "timeZone",
           ${instantText(sql, sql`(${start}::date::timestamp AT TIME ZONE time_zone)`)} AS from,
           ${instantText(sql, sql`((${start}::date::timestamp + ${length}::interval) AT TIME ZONE time_zone)`)} AS to
      FROM sync.report_zone`;
  assert(row !== undefined, 'sync.report_zone has one row');
  return { name: name ?? 'all', ...row };
}
