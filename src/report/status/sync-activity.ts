import type { Sql } from 'postgres';

/** What syncs have requested and changed. */
export interface SyncActivity {
  readonly requests: number;
  readonly inserted: number;
  readonly changed: number;
  readonly unchanged: number;
}

/** Totals over all runs that are still kept. */
export async function readSyncActivity(sql: Sql): Promise<SyncActivity> {
  const [row] = await sql<SyncActivity[]>`
    SELECT coalesce(sum(requests), 0)::float8 AS requests, coalesce(sum(rows_inserted), 0)::float8 AS inserted,
           coalesce(sum(rows_changed), 0)::float8 AS changed, coalesce(sum(rows_unchanged), 0)::float8 AS unchanged
      FROM sync.runs`;
  return row ?? { requests: 0, inserted: 0, changed: 0, unchanged: 0 };
}
