// Raw SQL: whether the ledger holds rows of a coin is found in the same statement, and a table varies by stream.
import type { CoinRead, HiddenCoin } from '../../domain/coins';
import type { IncomeRow } from '../../domain/income';
import type { LedgerRow } from '../../domain/ledger-matching';
import type { LedgerScope } from '../../domain/scope';
import type { Queryable } from '../client';
import { isOfLedgerScope, ledgerScopeValues } from '../scope-key';
import { ledgerTableOf } from './rows';

/** Coins of the scope's account that its lists show only when asked for by name. */
export async function findHiddenCoins(db: Queryable, scope: LedgerScope): Promise<HiddenCoin[]> {
  const rows = await db.$queryRaw<{ currency: string; read_ms: bigint | null; has_rows: boolean }[]>`
    SELECT h.currency, floor(extract(epoch FROM r.read_at) * 1000)::bigint AS read_ms,
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
export async function leaveHiddenCoins(
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

export async function noteCoinRead(
  db: Queryable,
  scope: LedgerScope,
  { currency, isWhole }: CoinRead,
): Promise<void> {
  if (!isWhole) return;
  await db.$executeRaw`
    INSERT INTO sync.coin_reads (stream, puid, algo, currency, read_at)
    SELECT ${ledgerScopeValues(scope)}, ${currency}, sync.now()
        ON CONFLICT (stream, puid, algo, currency) DO UPDATE SET read_at = excluded.read_at`;
}
