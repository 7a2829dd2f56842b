import type { Sql } from 'postgres';
import type { AsOf } from './as-of';
import type { Period } from './period';

/** Accrual: items count when mined. Cash: settled items count when paid. */
export type Basis = 'accrual' | 'cash';

/** What to export. */
export interface Selection {
  readonly period: Period;
  readonly asOf: AsOf;
  readonly basis: Basis;
  readonly accountName: string | null;
  /** Only what differs from the ledger as of this instant; null: everything. */
  readonly since: string | null;
}

/** Bounds of a period, as SQL: from inclusive, to exclusive; null: none. */
interface PeriodBounds {
  readonly from: ReturnType<Sql> | null;
  readonly to: ReturnType<Sql> | null;
}

/** The SQL condition on a ledger item (`status`, `mined_at`, `settled_at`) that it counts in a period by a basis. */
export function countsIn(sql: Sql, basis: Basis, { from, to }: PeriodBounds): ReturnType<Sql> {
  const at = countedAt(sql, basis);
  return sql`(
    ${basis === 'cash' ? sql`status = 'SETTLED'` : sql`true`}
    ${from === null ? sql`` : sql`AND ${at} >= ${from}`}
    ${to === null ? sql`` : sql`AND ${at} < ${to}`})`;
}

/** When a ledger item counts, as SQL. An item settled without a settle time was paid when mined, or no period would have it. */
export function countedAt(sql: Sql, basis: Basis): ReturnType<Sql> {
  return basis === 'accrual' ? sql`mined_at` : sql`coalesce(settled_at, mined_at)`;
}
