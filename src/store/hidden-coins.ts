// Coins of which the pool totals something while its lists show no row (`sync.hidden_coins`): found when totals are stored,
// read by name with the lists, forgotten once a list shows them.
// Raw SQL: whether the ledger holds rows of a coin is found in the same statement, and a table varies by stream.
import type { DecimalText } from '../core/decimal';
import type { CoinRead, HiddenCoin } from '../domain/ledger/coins';
import type { AccountId } from '../domain/ids';
import type { IncomeRow } from '../domain/income';
import type { LedgerRow } from '../domain/ledger/ledger-matching';
import type { LedgerScope, Scope } from '../domain/scope';
import type { Queryable } from './client';
import { Prisma } from './generated/client';
import { epochMs } from './instants';
import { ledgerTableOf } from './ledger/rows';
import { isOfLedgerScope, ledgerScopeValues } from './scope-key';

/** The query for the hidden coins of an account, in parentheses. */
export function hiddenCoinsOf(accountId: AccountId): Prisma.Sql {
  return Prisma.sql`(SELECT currency FROM sync.hidden_coins WHERE account_id = ${accountId}::smallint)`;
}

/** Coins of the scope's account that its lists show only when asked for by name. */
export async function findHiddenCoins(db: Queryable, scope: LedgerScope): Promise<HiddenCoin[]> {
  const rows = await db.$queryRaw<{ currency: string; read_ms: bigint | null; has_rows: boolean }[]>`
    SELECT h.currency, ${epochMs(Prisma.sql`r.read_at`)} AS read_ms,
           EXISTS (SELECT FROM ${ledgerTableOf(scope.stream)} AS t
                    WHERE ${isOfLedgerScope(scope)} AND t.currency = h.currency) AS has_rows
      FROM sync.hidden_coins h
      LEFT JOIN sync.coin_reads r
        ON (r.stream, r.puid, r.algo, r.currency) = (${scope.stream}, ${scope.puid}::bigint, ${scope.algo}, h.currency)
     WHERE h.account_id = ${scope.accountId}::smallint ORDER BY h.currency`;
  return rows.map(({ currency, read_ms: ms, has_rows: hasRows }) => ({
    currency,
    readAtMs: ms === null ? null : Number(ms),
    hasRows,
  }));
}

/**
 * The missing rows of a read without those of hidden coins, which the list does not show anyway. A coin that a complete
 * read of the list does show is no longer hidden.
 */
export async function excludeHiddenCoins(
  db: Queryable,
  { scope, rows, isComplete }: { scope: LedgerScope; rows: readonly IncomeRow[]; isComplete: boolean },
  missing: readonly LedgerRow[],
): Promise<readonly LedgerRow[]> {
  if (!isComplete) return missing;
  const hidden = await db.$queryRaw<{ currency: string }[]>`
    SELECT currency FROM sync.hidden_coins WHERE account_id = ${scope.accountId}::smallint`;
  if (hidden.length === 0) return missing;
  const shown = new Set(rows.map(({ currency }) => currency));
  await db.$executeRaw`
    DELETE FROM sync.hidden_coins
     WHERE account_id = ${scope.accountId}::smallint AND currency = ANY (${[...shown]}::text[])`;
  return missing.filter((row) => !hidden.some(({ currency }) => currency === row.currency));
}

/** Records that a list was read completely for a coin; a read of a part of it is not recorded. */
export async function noteCoinRead(
  db: Queryable,
  scope: LedgerScope,
  { currency, completesHistory }: CoinRead,
): Promise<void> {
  if (!completesHistory) return;
  await db.$executeRaw`
    INSERT INTO sync.coin_reads (stream, puid, algo, currency, read_at)
    SELECT ${ledgerScopeValues(scope)}, ${currency}, sync.now()
        ON CONFLICT (stream, puid, algo, currency) DO UPDATE SET read_at = excluded.read_at`;
}

/** The currencies of all income of an account. */
export function ledgerCurrenciesOf(accountId: AccountId): Prisma.Sql {
  return Prisma.sql`(
    SELECT currency FROM pool.earnings JOIN pool.sub_accounts s USING (puid) WHERE s.account_id = ${accountId}::smallint
     UNION ALL
    SELECT currency FROM pool.rewards JOIN pool.sub_accounts s USING (puid) WHERE s.account_id = ${accountId}::smallint)`;
}

/** Records as hidden the coins that the pool totals while its lists, read to their beginning, show no row of them. */
export async function noteHiddenCoins(
  tx: Queryable,
  { accountId }: Scope,
  totals: readonly { readonly currency: string; readonly amount: DecimalText }[],
): Promise<void> {
  const totalled = totals.filter(({ amount }) => amount !== '0').map(({ currency }) => currency);
  await tx.$executeRaw`
    INSERT INTO sync.hidden_coins (account_id, currency)
    SELECT DISTINCT ${accountId}::smallint, u.currency FROM unnest(${totalled}::text[]) AS u(currency)
     WHERE NOT EXISTS (SELECT FROM ${ledgerCurrenciesOf(accountId)} AS l WHERE l.currency = u.currency)
       AND (SELECT bool_and(c.history_complete) FROM sync.cursors c JOIN pool.sub_accounts s ON s.puid = c.puid
             WHERE s.account_id = ${accountId}::smallint AND c.stream IN ('earnings', 'rewards'))
        ON CONFLICT DO NOTHING`;
}
