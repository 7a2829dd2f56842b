// Raw SQL: rates and `extra` are kept digit for digit, which the typed client's JSON would not, and a list may be long.
import type { SubAccount } from '../domain/entities';
import type { AccountId } from '../domain/ids';
import type { Queryable } from './client';

/** Writes what is new or has changed; returns for each row written whether it was new. */
export async function upsertSubAccounts(
  tx: Queryable,
  accountId: AccountId,
  rows: readonly SubAccount[],
): Promise<{ inserted: boolean }[]> {
  return tx.$queryRaw<{ inserted: boolean }[]>`
    WITH listed AS (
      SELECT * FROM unnest(
        ${rows.map((row) => row.puid)}::bigint[], ${rows.map((row) => row.pname)}::text[],
        ${rows.map((row) => row.defaultAlgo)}::text[], ${rows.map((row) => row.realHps)}::numeric[],
        ${rows.map((row) => row.hourHps)}::numeric[], ${rows.map((row) => row.dayHps)}::numeric[],
        ${rows.map((row) => row.hashUnit)}::text[], ${rows.map((row) => row.extra)}::jsonb[]
      ) AS u(puid, pname, default_algo, real_hash_rate_hps, hour_hash_rate_hps, day_hash_rate_hps, hash_unit, extra)
    )
    INSERT INTO pool.sub_accounts AS s (account_id, puid, pname, default_algo, real_hash_rate_hps, hour_hash_rate_hps,
                                        day_hash_rate_hps, hash_unit, extra)
    SELECT ${accountId}::smallint, l.* FROM listed l
      LEFT JOIN pool.sub_accounts k ON k.puid = l.puid
     WHERE k.puid IS NULL OR k.removed_at IS NOT NULL
        OR (k.pname, k.default_algo, k.real_hash_rate_hps, k.hour_hash_rate_hps, k.day_hash_rate_hps, k.hash_unit, k.extra)
           IS DISTINCT FROM
           (l.pname, l.default_algo, l.real_hash_rate_hps, l.hour_hash_rate_hps, l.day_hash_rate_hps, l.hash_unit, l.extra)
        ON CONFLICT (puid) DO UPDATE
           SET account_id = excluded.account_id, pname = excluded.pname, default_algo = excluded.default_algo,
               real_hash_rate_hps = excluded.real_hash_rate_hps, hour_hash_rate_hps = excluded.hour_hash_rate_hps,
               day_hash_rate_hps = excluded.day_hash_rate_hps, hash_unit = excluded.hash_unit, extra = excluded.extra,
               removed_at = NULL, last_seen_at = sync.now()
    RETURNING xmax = 0 AS inserted`;
}

/** One sample of every listed sub-account; all of one listing share their `observed_at`. */
export async function sampleSubAccounts(tx: Queryable, rows: readonly SubAccount[]): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO pool.sub_account_samples (puid, observed_at, real_hash_rate_hps, hour_hash_rate_hps,
                                          day_hash_rate_hps)
    SELECT puid, moment.observed_at, real_hps, hour_hps, day_hps
      FROM (SELECT sync.now() AS observed_at) AS moment,
           unnest(${rows.map((row) => row.puid)}::bigint[], ${rows.map((row) => row.realHps)}::numeric[],
                  ${rows.map((row) => row.hourHps)}::numeric[], ${rows.map((row) => row.dayHps)}::numeric[])
           AS u(puid, real_hps, hour_hps, day_hps)
     WHERE coalesce(real_hps, hour_hps, day_hps) IS NOT NULL
        ON CONFLICT DO NOTHING`;
}
