import type { ListingCounts } from '../domain/row-counts';
import { KpoolError } from '../core/errors';
import type { SubAccount } from '../domain/entities';
import type { AccountId } from '../domain/ids';
import type { Listing } from '../domain/page';
import { inTransaction, type Queryable } from './client';
import { guarded } from '../core/postgres/errors';
import type { PrismaClient } from './generated/client';
import { stepCursor } from './ledger/cursor';
import { quarantineRows } from './quarantine';
import type { ScopeKey } from './scope-key';

type ListingResult =
  | { readonly outcome: 'stored'; readonly counts: ListingCounts }
  | { readonly outcome: 'unconfirmed'; readonly missing: ReadonlySet<string> };

function isConfirmed(missing: readonly string[], confirmed: ReadonlySet<string>): boolean {
  return missing.every((key) => confirmed.has(key));
}

/** Writers of one account's catalog wait for each other; the ledger does not. */
async function lockAccount(tx: Queryable, accountId: AccountId): Promise<void> {
  await tx.$queryRaw`SELECT account_id FROM pool.accounts WHERE account_id = ${accountId}::smallint FOR NO KEY UPDATE`;
}

function countsOf(
  written: readonly { inserted: boolean }[],
  listed: number,
  rest: { removed: number; quarantined: number },
): ListingCounts {
  const inserted = written.filter((row) => row.inserted).length;
  return { inserted, changed: written.length - inserted, unchanged: listed - written.length, ...rest };
}

/** Algorithms and sub-accounts: what the pool lists now, what it listed once. */
export class PrismaCatalogStore {
  constructor(private readonly client: PrismaClient) {}

  async storeAlgorithms(
    scope: ScopeKey,
    version: bigint,
    listing: Listing<string>,
    confirmedMissing: ReadonlySet<string>,
  ): Promise<ListingResult> {
    const { accountId } = scope;
    const algos = [...new Set(listing.rows)];
    return guarded(() =>
      inTransaction(this.client, async (tx) => {
        await lockAccount(tx, accountId);
        const known = await tx.$queryRaw<{ algo: string }[]>`
          SELECT algo FROM pool.algorithms WHERE account_id = ${accountId}::smallint AND removed_at IS NULL`;
        const missing =
          listing.unreadable.length > 0
            ? []
            : known.map((row) => row.algo).filter((algo) => !algos.includes(algo));
        if (!isConfirmed(missing, confirmedMissing))
          return { outcome: 'unconfirmed', missing: new Set(missing) };
        await stepCursor(tx, scope, version);
        const written = await tx.$queryRaw<{ inserted: boolean }[]>`
          INSERT INTO pool.algorithms AS a (account_id, algo)
          SELECT ${accountId}::smallint, algo FROM unnest(${algos}::text[]) AS u(algo)
           WHERE NOT EXISTS (SELECT FROM pool.algorithms k WHERE k.account_id = ${accountId}::smallint
                                AND k.algo = u.algo AND k.removed_at IS NULL)
              ON CONFLICT (account_id, algo) DO UPDATE SET removed_at = NULL, last_seen_at = sync.now()
          RETURNING xmax = 0 AS inserted`;
        await tx.$executeRaw`
          UPDATE pool.algorithms SET removed_at = sync.now()
           WHERE account_id = ${accountId}::smallint AND algo = ANY (${missing}::text[])`;
        await clearFailures(tx, accountId, { puids: [], algos: missing });
        await touch(tx, 'algorithms', accountId);
        const quarantined = await quarantineRows(tx, scope, listing.unreadable);
        return {
          outcome: 'stored',
          counts: countsOf(written, algos.length, { removed: missing.length, quarantined }),
        };
      }),
    );
  }

  async storeSubAccounts(
    scope: ScopeKey,
    version: bigint,
    listing: Listing<SubAccount>,
    confirmedMissing: ReadonlySet<string>,
  ): Promise<ListingResult> {
    const { accountId } = scope;
    const byPuid = new Map(listing.rows.map((row) => [String(row.puid), row]));
    const served = [...byPuid.values()];
    return guarded(() =>
      inTransaction(this.client, async (tx) => {
        await lockSubAccounts(tx);
        await lockAccount(tx, accountId);
        const others = await findOthers(tx, accountId, served);
        const listed = served.filter((row) => !others.some(({ puid }) => puid === row.puid));
        const stop = await findStop(tx, accountId, { served, listed, others });
        if (stop !== null) throw stop;
        const known = await tx.$queryRaw<{ puid: bigint }[]>`
          SELECT puid FROM pool.sub_accounts WHERE account_id = ${accountId}::smallint AND removed_at IS NULL`;
        const missing =
          listing.unreadable.length > 0
            ? []
            : known.map((row) => String(row.puid)).filter((puid) => !byPuid.has(puid));
        if (!isConfirmed(missing, confirmedMissing))
          return { outcome: 'unconfirmed', missing: new Set(missing) };
        await stepCursor(tx, scope, version);
        await leaveOut(tx, accountId, others);
        const written = await upsertSubAccounts(tx, accountId, listed);
        await tx.$executeRaw`
          UPDATE pool.sub_accounts SET removed_at = sync.now()
           WHERE account_id = ${accountId}::smallint AND puid = ANY (${missing}::bigint[])`;
        await clearFailures(tx, accountId, { puids: missing, algos: [] });
        await touch(tx, 'sub_accounts', accountId);
        await sampleSubAccounts(tx, listed);
        const quarantined = await quarantineRows(tx, scope, listing.unreadable);
        return {
          outcome: 'stored',
          counts: countsOf(written, served.length, { removed: missing.length, quarantined }),
        };
      }),
    );
  }
}

/**
 * Listings of sub-accounts are stored one after the other, of all accounts: else two keys of one user could come in at the
 * same moment without seeing each other.
 */
async function lockSubAccounts(tx: Queryable): Promise<void> {
  await tx.$executeRaw`SELECT sync.lock('sub_accounts')`;
}

/** A sub-account that another account showed first. */
interface Other {
  readonly puid: bigint;
  readonly pname: string;
  readonly accountName: string;
}

/** Those among `served` that belong to other accounts. A stub, known from totals alone, belongs to whoever lists it. */
async function findOthers(
  tx: Queryable,
  accountId: AccountId,
  served: readonly SubAccount[],
): Promise<readonly Other[]> {
  return tx.$queryRaw<Other[]>`
    SELECT s.puid, s.pname, a.account_name AS "accountName"
      FROM pool.sub_accounts s JOIN pool.accounts a USING (account_id)
     WHERE s.puid = ANY (${served.map((row) => row.puid)}::bigint[]) AND s.account_id <> ${accountId}::smallint
       AND (s.removed_at IS NULL OR s.default_algo IS NOT NULL)
     ORDER BY s.puid`;
}

/** Notes what is left out of this account, since it belongs to others. */
async function leaveOut(tx: Queryable, accountId: AccountId, others: readonly Other[]): Promise<void> {
  const puids = others.map(({ puid }) => puid);
  await tx.$executeRaw`
    DELETE FROM sync.left_out_sub_accounts
     WHERE account_id = ${accountId}::smallint AND puid <> ALL (${puids}::bigint[])`;
  await tx.$executeRaw`
    INSERT INTO sync.left_out_sub_accounts (account_id, puid)
    SELECT ${accountId}::smallint, unnest(${puids}::bigint[])
        ON CONFLICT (account_id, puid) DO UPDATE SET last_seen_at = excluded.last_seen_at`;
}

/** A key that shows nothing but what other accounts have, or that now belongs to another user: the account is stopped. */
async function findStop(
  tx: Queryable,
  accountId: AccountId,
  {
    served,
    listed,
    others,
  }: {
    readonly served: readonly SubAccount[];
    readonly listed: readonly SubAccount[];
    readonly others: readonly Other[];
  },
): Promise<KpoolError | null> {
  const [first] = others;
  if (first !== undefined && listed.length === 0) {
    return new KpoolError(
      'account.duplicate',
      `This API key shows the sub-account ${first.pname} that the account ${first.accountName} already has, and no other of its own.`,
      {
        hint: 'Keep one API key per pool user: remove this account. If the account was renamed, give it its old name again, or give it the sub-accounts: kpool accounts move.',
      },
    );
  }
  const puids = served.map((row) => row.puid);
  if (served.length === 0) return null;
  // A stub, known from totals alone, proves nothing: it may have come with the other user's key.
  const [overlap] = await tx.$queryRaw<{ known: bigint; still: bigint }[]>`
    SELECT count(*) AS known, count(*) FILTER (WHERE puid = ANY (${puids}::bigint[])) AS still
      FROM pool.sub_accounts
     WHERE account_id = ${accountId}::smallint AND (removed_at IS NULL OR default_algo IS NOT NULL)`;
  if (overlap === undefined || overlap.known === 0n || overlap.still > 0n) return null;
  return new KpoolError(
    'account.changed',
    'This API key shows none of the sub-accounts that the account had: it seems to belong to another user.',
    {
      hint: 'Give the other user an account name of its own (KUCOIN_POOL_ACCOUNT_NAME), or restore the key.',
    },
  );
}

/** What is gone is not failing: it may never be asked for again, and so never succeed. */
async function clearFailures(
  tx: Queryable,
  accountId: AccountId,
  { puids, algos }: { readonly puids: readonly string[]; readonly algos: readonly string[] },
): Promise<void> {
  await tx.$executeRaw`
    UPDATE sync.cursors c SET consecutive_failures = 0
      FROM pool.sub_accounts s
     WHERE s.puid = c.puid AND s.account_id = ${accountId}::smallint
       AND (c.puid = ANY (${puids}::bigint[]) OR c.algo = ANY (${algos}::text[])) AND c.consecutive_failures > 0`;
}

/** `last_seen_at` of everything that is listed moves once an hour: a row version a listing would be noise. */
async function touch(
  tx: Queryable,
  table: 'algorithms' | 'sub_accounts',
  accountId: AccountId,
): Promise<void> {
  await tx.$executeRaw`
    UPDATE pool.accounts SET last_seen_at = sync.now() WHERE account_id = ${accountId}::smallint`;
  if (table === 'algorithms') {
    await tx.$executeRaw`
      UPDATE pool.algorithms SET last_seen_at = sync.now()
       WHERE account_id = ${accountId}::smallint AND removed_at IS NULL AND last_seen_at < sync.now() - interval '1 hour'`;
    return;
  }
  await tx.$executeRaw`
    UPDATE pool.sub_accounts SET last_seen_at = sync.now()
     WHERE account_id = ${accountId}::smallint AND removed_at IS NULL AND last_seen_at < sync.now() - interval '1 hour'`;
}

async function upsertSubAccounts(
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
async function sampleSubAccounts(tx: Queryable, rows: readonly SubAccount[]): Promise<void> {
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
