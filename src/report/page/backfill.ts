import { millisecondsInMinute } from 'date-fns/constants';
import type { Sql } from 'postgres';

/** How far the histories of income have been read, in rows. */
export interface Backfill {
  readonly lists: number;
  readonly complete: number;
  /** Rows read so far, including lists that are still being read. */
  readonly rows: number;
  /** Rows counted by the pool in all lists; null until every list has been counted. */
  readonly poolRows: number | null;
  /** Rows per minute over the last ten minutes. */
  readonly rowsPerMinute: number;
  /** At that rate; null if unknown, or if nothing is left. */
  readonly remainingMs: number | null;
}

interface Counts extends Omit<Backfill, 'remainingMs'> {
  readonly remainingRows: number | null;
}

/** Over all accounts, whatever is filtered: a first sync concerns everyone who looks. */
export async function readBackfillShare(sql: Sql): Promise<Backfill> {
  const [counts] = await sql<Counts[]>`
    SELECT count(*)::int AS lists, count(*) FILTER (WHERE history_complete)::int AS complete,
           coalesce(sum(rows), 0)::float8 AS rows,
           CASE WHEN bool_and(pool_rows IS NOT NULL) THEN sum(pool_rows)::float8 END AS "poolRows",
           CASE WHEN bool_and(pool_rows IS NOT NULL) THEN sum(pool_rows - rows)::float8 END AS "remainingRows",
           (SELECT coalesce(sum(rows_landed) / greatest(extract(epoch FROM sync.now() - min(observed_at)) / 60, 0.5), 0)::float8
              FROM sync.certificates WHERE observed_at > sync.now() - interval '10 minutes') AS "rowsPerMinute"
      FROM sync.income_lists`;
  const { remainingRows, ...progress } = counts ?? {
    lists: 0,
    complete: 0,
    rows: 0,
    poolRows: null,
    rowsPerMinute: 0,
    remainingRows: null,
  };
  const isKnown = remainingRows !== null && progress.rowsPerMinute > 0 && progress.complete < progress.lists;
  return {
    ...progress,
    remainingMs: isKnown ? (remainingRows / progress.rowsPerMinute) * millisecondsInMinute : null,
  };
}
