import type postgres from 'postgres';

/** A row that the pool served and that could not be parsed. */
export interface QuarantinedRow {
  readonly number: bigint;
  readonly account: string;
  readonly stream: string;
  readonly puid: bigint | null;
  readonly algo: string | null;
  /** The row as JSON text, with all digits. */
  readonly raw: string;
  readonly reason: string;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  /** When someone accepted it, and their note; null: not accepted. */
  readonly acceptedAt: Date | null;
  readonly acceptedNote: string | null;
  /** When it became readable or was no longer served; null: not yet. */
  readonly resolvedAt: Date | null;
}

interface StoredQuarantine extends Omit<QuarantinedRow, 'number' | 'puid'> {
  readonly number: string;
  readonly puid: string | null;
}

function toQuarantined(row: StoredQuarantine): QuarantinedRow {
  return { ...row, number: BigInt(row.number), puid: row.puid === null ? null : BigInt(row.puid) };
}

function select(sql: postgres.Sql): postgres.Fragment {
  return sql`
    SELECT q.quarantine_id::text AS number, a.account_name AS account, q.stream, q.puid::text AS puid,
           nullif(q.algo, '') AS algo, q.raw, q.reason, q.first_seen_at AS "firstSeenAt",
           q.last_seen_at AS "lastSeenAt", q.accepted_at AS "acceptedAt", q.accepted_note AS "acceptedNote",
           q.resolved_at AS "resolvedAt"
      FROM sync.quarantined_rows q
      LEFT JOIN pool.sub_accounts s USING (puid)
      JOIN pool.accounts a ON a.account_id = coalesce(q.account_id, s.account_id)`;
}

/** Newest first, at most `limit`; unless `isWhole`, only those neither accepted nor resolved. */
export async function listQuarantine(
  sql: postgres.Sql,
  options: { readonly isWhole: boolean; readonly limit: number },
): Promise<QuarantinedRow[]> {
  const rows = await sql<StoredQuarantine[]>`
    ${select(sql)} WHERE ${options.isWhole} OR (q.resolved_at IS NULL AND q.accepted_at IS NULL)
     ORDER BY q.quarantine_id DESC LIMIT ${options.limit}`;
  return rows.map(toQuarantined);
}

/** The rows with these numbers that exist, in order. */
export async function findQuarantined(
  sql: postgres.Sql,
  numbers: readonly bigint[],
): Promise<QuarantinedRow[]> {
  const rows = await sql<StoredQuarantine[]>`
    ${select(sql)} WHERE q.quarantine_id = ANY (string_to_array(${numbers.join(',')}, ',')::bigint[]) ORDER BY q.quarantine_id`;
  return rows.map(toQuarantined);
}

/** Accepts rows, so that they no longer make a sync partial. The first note on a row is kept. */
export async function acceptQuarantined(
  sql: postgres.Sql,
  numbers: readonly bigint[],
  note: string | null,
): Promise<number> {
  const { count } = await sql`
    UPDATE sync.quarantined_rows SET accepted_at = sync.now(), accepted_note = ${note}
     WHERE quarantine_id = ANY (string_to_array(${numbers.join(',')}, ',')::bigint[]) AND accepted_at IS NULL`;
  return count;
}
