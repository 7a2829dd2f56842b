import type { Sql } from 'postgres';

/** Totals over all recorded syncs. */
export interface Activity {
  readonly requests: number;
  readonly inserted: number;
  readonly changed: number;
  readonly unchanged: number;
}

export async function readActivity(sql: Sql): Promise<Activity> {
  const [row] = await sql<Activity[]>`
    SELECT coalesce(sum(requests), 0)::float8 AS requests, coalesce(sum(rows_inserted), 0)::float8 AS inserted,
           coalesce(sum(rows_changed), 0)::float8 AS changed, coalesce(sum(rows_unchanged), 0)::float8 AS unchanged
      FROM sync.runs`;
  return row ?? { requests: 0, inserted: 0, changed: 0, unchanged: 0 };
}
