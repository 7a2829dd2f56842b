// Raw SQL: samples are written in bulk, to be compared with the latest two in one statement.
import type { DecimalText } from '../core/decimal';
import { guarded } from '../core/postgres/errors';
import type { CoinsToAsk, ServedTotals } from '../domain/ledger/coins';
import type { SubAccountIncome } from '../domain/entities';
import type { ListingCounts } from '../domain/row-counts';
import type { Scope } from '../domain/scope';
import { inTransaction, type Queryable, type Transaction } from './client';
import { Prisma, type PrismaClient } from './generated/client';
import { advanceCursorFrom } from './cursors';
import { hiddenCoinsOf, ledgerCurrenciesOf, noteHiddenCoins } from './hidden-coins';
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
        SELECT currency FROM ${ledgerCurrenciesOf(accountId)} AS l
         UNION
        SELECT currency FROM ${hiddenCoinsOf(accountId)} AS h
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
    served: ServedTotals<{ readonly currency: string; readonly amount: DecimalText }>,
  ): Promise<ListingCounts> {
    const { totals } = served;
    return this.store(scope, version, served, (tx) =>
      writeSamples(
        tx,
        ACCOUNT_SAMPLES,
        Prisma.sql`
          SELECT ${scope.accountId}::smallint AS account_id, u.*
            FROM unnest(${totals.map(({ currency }) => currency)}::text[],
                        ${totals.map(({ amount }) => amount)}::numeric[]) AS u(currency, amount)`,
      ),
    );
  }

  /** As `storeAccountIncome`; a sub-account that no list has shown becomes a stub. */
  async storeSubAccountIncome(
    scope: Scope,
    version: bigint,
    served: ServedTotals<SubAccountIncome & { readonly currency: string }>,
  ): Promise<ListingCounts> {
    const { totals } = served;
    const puids = totals.map(({ puid }) => puid);
    const pnames = totals.map(({ pname }) => pname);
    return this.store(scope, version, served, async (tx) => {
      await tx.$executeRaw`
        INSERT INTO pool.sub_accounts (account_id, puid, pname, removed_at)
        SELECT DISTINCT ON (u.puid) ${scope.accountId}::smallint, u.puid, coalesce(u.pname, ''), sync.now()
          FROM unnest(${puids}::bigint[], ${pnames}::text[]) AS u(puid, pname)
         WHERE NOT EXISTS (SELECT FROM pool.sub_accounts s WHERE s.puid = u.puid)
         ORDER BY u.puid, u.pname
            ON CONFLICT DO NOTHING`;
      return writeSamples(
        tx,
        SUB_ACCOUNT_SAMPLES,
        Prisma.sql`
          SELECT DISTINCT ON (u.puid, u.currency) u.*
            FROM unnest(${puids}::bigint[], ${pnames}::text[], ${totals.map(({ currency }) => currency)}::text[],
                        ${totals.map(({ amount }) => amount)}::numeric[]) AS u(puid, pname, currency, amount)
            -- A sub-account of another account is left out: nothing counts twice.
            JOIN pool.sub_accounts s ON s.puid = u.puid AND s.account_id = ${scope.accountId}::smallint
           ORDER BY u.puid, u.currency`,
      );
    });
  }

  /** Stores the totals that one run was served, in one transaction. Throws `sync.superseded` (P9). */
  private async store(
    scope: Scope,
    version: bigint,
    {
      totals,
      unreadable,
      isDiscovery,
    }: ServedTotals<{ readonly currency: string; readonly amount: DecimalText }>,
    write: (tx: Transaction) => Promise<number>,
  ): Promise<ListingCounts> {
    return guarded(() =>
      inTransaction(this.client, async (tx) => {
        await advanceCursorFrom(tx, scope, version);
        const inserted = await write(tx);
        await noteHiddenCoins(tx, scope, totals);
        if (isDiscovery) await noteDiscovery(tx, scope);
        await tx.$executeRaw`SELECT sync.keep_total_definition(${scope.accountId}::smallint)`;
        const quarantined = await quarantineRows(tx, scope, unreadable);
        return { inserted, changed: 0, unchanged: totals.length - inserted, removed: 0, quarantined };
      }),
    );
  }
}

/** A table of totals over time. A sub-account's samples keep its name too, and a new name is a new sample. */
interface SampleTable {
  readonly table: Prisma.Sql;
  /** The column that says whose total it is. */
  readonly owner: Prisma.Sql;
  readonly nameColumn: Prisma.Sql;
  readonly servedName: Prisma.Sql;
  readonly isSameName: Prisma.Sql;
}

const ACCOUNT_SAMPLES: SampleTable = {
  table: Prisma.sql`pool.account_income_samples`,
  owner: Prisma.sql`account_id`,
  nameColumn: Prisma.empty,
  servedName: Prisma.empty,
  isSameName: Prisma.sql`true`,
};
const SUB_ACCOUNT_SAMPLES: SampleTable = {
  table: Prisma.sql`pool.sub_account_income_samples`,
  owner: Prisma.sql`puid`,
  nameColumn: Prisma.sql`, pname`,
  servedName: Prisma.sql`, t.pname`,
  isSameName: Prisma.sql`s.pname IS NOT DISTINCT FROM t.pname`,
};

/**
 * Writes what was served now; `served` is a query for owner, currency, amount and, for sub-accounts, pname. Returns how many
 * totals are new: one that repeats the latest sample counts as unchanged, whether that is moved or another one is added.
 */
async function writeSamples(
  tx: Queryable,
  { table, owner, nameColumn, servedName, isSameName }: SampleTable,
  served: Prisma.Sql,
): Promise<number> {
  const written = await tx.$queryRaw<{ is_new: boolean }[]>`
    WITH served AS (
      SELECT u.*, date_trunc('milliseconds', moment.now) AS observed_at
        FROM (SELECT sync.now() AS now) AS moment, (${served}) AS u
    ), known AS (
      -- The latest two samples, the latest first.
      SELECT t.${owner}, t.currency, l.amounts, l.instants
        FROM served t CROSS JOIN LATERAL (
          SELECT array_agg(amount) AS amounts, array_agg(observed_at) AS instants
            FROM (SELECT amount, observed_at FROM ${table} s
                   WHERE s.${owner} = t.${owner} AND s.currency = t.currency
                   ORDER BY observed_at DESC LIMIT 2) AS latest) AS l
    ), moved AS (
      UPDATE ${table} s SET observed_at = t.observed_at
        FROM served t JOIN known k USING (${owner}, currency)
       WHERE s.${owner} = t.${owner} AND s.currency = t.currency
         AND s.observed_at = k.instants[1] AND t.observed_at > k.instants[1]
         AND k.amounts[1] = t.amount AND k.amounts[2] = t.amount AND ${isSameName}
         AND k.instants[2] > t.observed_at - interval '24 hours'
      RETURNING s.${owner}, s.currency
    )
    INSERT INTO ${table} AS s (${owner}, currency, observed_at, amount${nameColumn})
    SELECT t.${owner}, t.currency, t.observed_at, t.amount${servedName}
      FROM served t JOIN known k USING (${owner}, currency)
     WHERE (t.${owner}, t.currency) NOT IN (SELECT ${owner}, currency FROM moved)
       AND (k.instants IS NULL OR t.observed_at > k.instants[1])
    RETURNING NOT EXISTS (SELECT FROM known k WHERE k.${owner} = s.${owner} AND k.currency = s.currency
                             AND k.amounts[1] = s.amount) AS is_new`;
  return written.filter((row) => row.is_new).length;
}

async function noteDiscovery(tx: Queryable, { stream, accountId }: Scope): Promise<void> {
  await tx.$executeRaw`
    UPDATE sync.cursors SET deep_checked_at = sync.now()
     WHERE stream = ${stream} AND account_id = ${accountId}::smallint`;
}
