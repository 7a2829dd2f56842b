// Raw SQL: samples are written in bulk, to be compared with the latest two in one statement.
import type { DecimalText } from '../core/decimal';
import { guarded } from '../core/postgres/errors';
import type { CoinsToAsk, ServedTotals } from '../domain/coins';
import type { SubAccountIncome } from '../domain/entities';
import type { AccountId } from '../domain/ids';
import type { ListingCounts } from '../domain/row-counts';
import type { Scope } from '../domain/scope';
import { inTransaction, type Queryable } from './client';
import { Prisma, type PrismaClient } from './generated/client';
import { stepCursor } from './ledger/cursor';
import { quarantineRows } from './quarantine';

/**
 * Lifetime income of accounts and sub-accounts, by the pool's own totals. An unchanged total moves the `observed_at` of
 * its latest sample instead of adding one, so that a series of equal totals keeps its first and last observation and
 * one for every 24 hours in between.
 */
export class PrismaIncomeStore {
  constructor(private readonly client: PrismaClient) {}

  /** Currencies whose totals to ask for, and whether it is time to look for coins that no list shows. */
  async findCoins({ stream, accountId }: Scope, discoverEveryMs: number): Promise<CoinsToAsk> {
    return guarded(async () => {
      const rows = await this.client.$queryRaw<{ currency: string }[]>`
        SELECT currency FROM ${ledgerOf(accountId)} AS l
         UNION
        SELECT currency FROM sync.hidden_coins WHERE account_id = ${accountId}::smallint
         ORDER BY currency`;
      const [discovery] = await this.client.$queryRaw<{ is_due: boolean }[]>`
        -- Not in the first run, which should end soon with the totals of the coins that it found.
        SELECT coalesce(c.deep_checked_at <= sync.now() - ${discoverEveryMs} * interval '1 millisecond', c.last_cycle_at IS NOT NULL)
               AND EXISTS (SELECT FROM sync.cursors l JOIN pool.sub_accounts s ON s.puid = l.puid
                            WHERE s.account_id = ${accountId}::smallint AND l.stream IN ('earnings', 'rewards')
                              AND l.last_cycle_at IS NOT NULL) AS is_due
          FROM sync.cursors c WHERE c.stream = ${stream} AND c.account_id = ${accountId}::smallint`;
      return {
        earned: rows.map((row) => row.currency),
        isDiscoveryDue: discovery?.is_due ?? false,
      };
    });
  }

  async storeAccountIncome(
    scope: Scope,
    version: bigint,
    {
      totals,
      unreadable,
      isDiscovery,
    }: ServedTotals<{ readonly currency: string; readonly amount: DecimalText }>,
  ): Promise<ListingCounts> {
    return guarded(() =>
      inTransaction(this.client, async (tx) => {
        await stepCursor(tx, scope, version);
        const inserted = await tx.$queryRaw<{ is_new: boolean }[]>`
          WITH served AS (
            SELECT u.*, date_trunc('milliseconds', moment.now) AS observed_at
              FROM (SELECT sync.now() AS now) AS moment,
                   unnest(${totals.map((total) => total.currency)}::text[],
                          ${totals.map((total) => total.amount)}::numeric[]) AS u(currency, amount)
          ), known AS (
            SELECT t.currency, l.amounts, l.instants
              FROM served t CROSS JOIN LATERAL (
                SELECT array_agg(amount) AS amounts, array_agg(observed_at) AS instants
                  FROM (SELECT amount, observed_at FROM pool.account_income_samples s
                         WHERE s.account_id = ${scope.accountId}::smallint AND s.currency = t.currency
                         ORDER BY observed_at DESC LIMIT 2) AS latest) AS l
          ), moved AS (
            UPDATE pool.account_income_samples s SET observed_at = t.observed_at
              FROM served t JOIN known k USING (currency)
             WHERE s.account_id = ${scope.accountId}::smallint AND s.currency = t.currency
               AND s.observed_at = k.instants[1] AND t.observed_at > k.instants[1]
               AND k.amounts[1] = t.amount AND k.amounts[2] = t.amount
               AND k.instants[2] > t.observed_at - interval '24 hours'
            RETURNING s.currency
          )
          INSERT INTO pool.account_income_samples (account_id, currency, observed_at, amount)
          SELECT ${scope.accountId}::smallint, t.currency, t.observed_at, t.amount
            FROM served t JOIN known k USING (currency)
           WHERE t.currency NOT IN (SELECT currency FROM moved)
             AND (k.instants IS NULL OR t.observed_at > k.instants[1])
          RETURNING NOT EXISTS (SELECT FROM known k WHERE k.currency = account_income_samples.currency
                                   AND k.amounts[1] = account_income_samples.amount) AS is_new`;
        await noteHiddenCoins(tx, scope, totals);
        if (isDiscovery) await noteDiscovery(tx, scope);
        await tx.$executeRaw`SELECT sync.keep_total_definition(${scope.accountId}::smallint)`;
        const quarantined = await quarantineRows(tx, scope, unreadable);
        return countSamples(inserted, totals.length, quarantined);
      }),
    );
  }

  /** As `storeAccountIncome`; a sub-account that no list has shown becomes a stub. */
  async storeSubAccountIncome(
    scope: Scope,
    version: bigint,
    { totals, unreadable, isDiscovery }: ServedTotals<SubAccountIncome & { readonly currency: string }>,
  ): Promise<ListingCounts> {
    const puids = totals.map((total) => total.puid);
    const pnames = totals.map((total) => total.pname);
    return guarded(() =>
      inTransaction(this.client, async (tx) => {
        await stepCursor(tx, scope, version);
        await tx.$executeRaw`
          INSERT INTO pool.sub_accounts (account_id, puid, pname, removed_at)
          SELECT DISTINCT ON (u.puid) ${scope.accountId}::smallint, u.puid, coalesce(u.pname, ''), sync.now()
            FROM unnest(${puids}::bigint[], ${pnames}::text[]) AS u(puid, pname)
           WHERE NOT EXISTS (SELECT FROM pool.sub_accounts s WHERE s.puid = u.puid)
           ORDER BY u.puid, u.pname
              ON CONFLICT DO NOTHING`;
        const inserted = await tx.$queryRaw<{ is_new: boolean }[]>`
          WITH served AS (
            SELECT DISTINCT ON (u.puid, u.currency) u.*, date_trunc('milliseconds', moment.now) AS observed_at
              FROM (SELECT sync.now() AS now) AS moment,
                   unnest(${puids}::bigint[], ${pnames}::text[], ${totals.map((total) => total.currency)}::text[],
                          ${totals.map((total) => total.amount)}::numeric[]) AS u(puid, pname, currency, amount)
              -- A sub-account of another account is left out: nothing counts twice.
              JOIN pool.sub_accounts s ON s.puid = u.puid AND s.account_id = ${scope.accountId}::smallint
             ORDER BY u.puid, u.currency
          ), known AS (
            SELECT t.puid, t.currency, l.amounts, l.instants, l.pname
              FROM served t CROSS JOIN LATERAL (
                SELECT array_agg(amount) AS amounts, array_agg(observed_at) AS instants, min(pname) AS pname
                  FROM (SELECT amount, observed_at, pname FROM pool.sub_account_income_samples s
                         WHERE s.puid = t.puid AND s.currency = t.currency
                         ORDER BY observed_at DESC LIMIT 2) AS latest) AS l
          ), moved AS (
            UPDATE pool.sub_account_income_samples s SET observed_at = t.observed_at
              FROM served t JOIN known k USING (puid, currency)
             WHERE s.puid = t.puid AND s.currency = t.currency
               AND s.observed_at = k.instants[1] AND t.observed_at > k.instants[1]
               AND s.pname IS NOT DISTINCT FROM t.pname
               AND k.amounts[1] = t.amount AND k.amounts[2] = t.amount
               AND k.instants[2] > t.observed_at - interval '24 hours'
            RETURNING s.puid, s.currency
          )
          INSERT INTO pool.sub_account_income_samples (puid, currency, observed_at, pname, amount)
          SELECT t.puid, t.currency, t.observed_at, t.pname, t.amount
            FROM served t JOIN known k USING (puid, currency)
           WHERE (t.puid, t.currency) NOT IN (SELECT puid, currency FROM moved)
             AND (k.instants IS NULL OR t.observed_at > k.instants[1])
          RETURNING NOT EXISTS (SELECT FROM known k WHERE k.puid = sub_account_income_samples.puid
                                   AND k.currency = sub_account_income_samples.currency
                                   AND k.amounts[1] = sub_account_income_samples.amount) AS is_new`;
        await noteHiddenCoins(tx, scope, totals);
        if (isDiscovery) await noteDiscovery(tx, scope);
        await tx.$executeRaw`SELECT sync.keep_total_definition(${scope.accountId}::smallint)`;
        const quarantined = await quarantineRows(tx, scope, unreadable);
        return countSamples(inserted, totals.length, quarantined);
      }),
    );
  }
}

/** The currencies of all income of an account. */
function ledgerOf(accountId: AccountId): Prisma.Sql {
  return Prisma.sql`(
    SELECT currency FROM pool.earnings JOIN pool.sub_accounts s USING (puid) WHERE s.account_id = ${accountId}::smallint
     UNION ALL
    SELECT currency FROM pool.rewards JOIN pool.sub_accounts s USING (puid) WHERE s.account_id = ${accountId}::smallint)`;
}

/** Records as hidden the coins that the pool totals while its lists, read to their beginning, show no row of them. */
async function noteHiddenCoins(
  tx: Queryable,
  { accountId }: Scope,
  totals: readonly { readonly currency: string; readonly amount: DecimalText }[],
): Promise<void> {
  const totalled = totals.filter(({ amount }) => amount !== '0').map(({ currency }) => currency);
  await tx.$executeRaw`
    INSERT INTO sync.hidden_coins (account_id, currency)
    SELECT DISTINCT ${accountId}::smallint, u.currency FROM unnest(${totalled}::text[]) AS u(currency)
     WHERE NOT EXISTS (SELECT FROM ${ledgerOf(accountId)} AS l WHERE l.currency = u.currency)
       AND (SELECT bool_and(c.history_complete) FROM sync.cursors c JOIN pool.sub_accounts s ON s.puid = c.puid
             WHERE s.account_id = ${accountId}::smallint AND c.stream IN ('earnings', 'rewards'))
        ON CONFLICT DO NOTHING`;
}

async function noteDiscovery(tx: Queryable, { stream, accountId }: Scope): Promise<void> {
  await tx.$executeRaw`
    UPDATE sync.cursors SET deep_checked_at = sync.now()
     WHERE stream = ${stream} AND account_id = ${accountId}::smallint`;
}

/** A sample that repeats the last total counts as unchanged. */
function countSamples(
  inserted: readonly { is_new: boolean }[],
  served: number,
  quarantined: number,
): ListingCounts {
  const news = inserted.filter((row) => row.is_new).length;
  return { inserted: news, changed: 0, unchanged: served - news, removed: 0, quarantined };
}
