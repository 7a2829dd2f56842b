import type { Sql } from 'postgres';
import { negateDecimal } from '../../core/decimal';
import { ExactSum } from '../../core/exact-sum';
import type { ReconciliationRow } from './reconciliation';

/**
 * Adds to each row that differs what accounts for its difference (a digit of the total, one item, one day, or all items of
 * one type and status) and the command to run next.
 */
export async function explainDifferences(
  sql: Sql,
  rows: readonly ReconciliationRow[],
): Promise<readonly ReconciliationRow[]> {
  const differing = rows.filter(({ verdict }) => verdict === 'differs');
  if (differing.length === 0) return rows;
  const parts = await findEqualParts(sql, differing);
  const clues = new Map(
    differing.map((row, index) => [
      row,
      findLostDigit(row) ?? parts.get(index) ?? 'no single item, day or type accounts for the difference',
    ]),
  );
  return rows.map((row) => {
    const clue = clues.get(row);
    return clue === undefined ? row : { ...row, reason: [row.reason, clue, commandFor(row)].join('; ') };
  });
}

function commandFor({ account, puid }: ReconciliationRow): string {
  const scope = puid === null ? '' : ` --puid ${puid}`;
  return `to re-read: kpool sync earnings rewards --verify --account ${account}${scope}`;
}

/** A digit by which the total differs from what it was compared with, or from all settled income. */
function findLostDigit({ poolTotal, difference, ledgerSettled }: ReconciliationRow): string | null {
  if (poolTotal === null || difference === null) return null;
  const compared = new ExactSum();
  compared.add(poolTotal);
  compared.add(negateDecimal(difference));
  for (const sum of [compared.toText(), ledgerSettled]) {
    const digit = findDigitBetween(poolTotal, sum);
    if (digit !== null) return `the totals differ only by the digit ${digit} (${poolTotal} and ${sum})`;
  }
  return null;
}

/** The one extra digit of the longer text; null if they differ in anything else. */
function findDigitBetween(a: string, b: string): string | null {
  if (Math.abs(a.length - b.length) !== 1) return null;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  const at = Array.from(long).findIndex((_, i) => long.slice(0, i) + long.slice(i + 1) === short);
  return at < 0 ? null : long.charAt(at);
}

/**
 * The smallest part of either list, as of each total's instant, that equals its difference, by the index of the row. One
 * statement for all rows.
 */
async function findEqualParts(
  sql: Sql,
  rows: readonly ReconciliationRow[],
): Promise<ReadonlyMap<number, string>> {
  const wanted = rows.map(({ account, puid, currency, difference }, index) => {
    return { index, account, puid, currency, difference };
  });
  const parts = await sql<{ index: number; what: string; counts: boolean }[]>`
    WITH latest AS (
      -- Read again in SQL: a Date would lose the microseconds, and with them the last commit before the total.
      SELECT account_id, puid, currency, observed_at FROM sync.latest_sub_account_totals
       UNION ALL
      SELECT account_id, NULL, currency, observed_at FROM sync.latest_account_totals
    ), wanted AS MATERIALIZED (
      SELECT w.index, a.account_id, l.puid, l.currency, abs(w.difference) AS size, sync.last_ledger_commit(l.observed_at) AS known_at
        FROM jsonb_to_recordset(${JSON.stringify(wanted)}::text::jsonb)
             AS w (index integer, account text, puid bigint, currency text, difference numeric)
        JOIN pool.accounts a ON a.account_name = w.account
        JOIN latest l ON l.account_id = a.account_id AND l.puid IS NOT DISTINCT FROM w.puid AND l.currency = w.currency
    ), readings AS (
      SELECT w.known_at, array_agg(DISTINCT s.puid) AS puids, array_agg(DISTINCT w.currency) AS currencies
        FROM wanted w JOIN pool.sub_accounts s ON s.account_id = w.account_id AND (w.puid IS NULL OR s.puid = w.puid)
       GROUP BY w.known_at
    ), items AS MATERIALIZED (
      SELECT w.index, w.size, i.mining_date, i.status, i.amount, i.source <> 'left out' OR i.repeats = 'day' AS counts, coalesce(i.type, 'an earning') AS kind
        FROM readings r
       CROSS JOIN LATERAL (
         SELECT * FROM sync.income_items_as_of(r.known_at) i WHERE i.puid = ANY (r.puids) AND i.currency = ANY (r.currencies)
         OFFSET 0) AS i
        JOIN wanted w ON w.known_at = r.known_at AND w.account_id = i.account_id AND w.currency = i.currency
                     AND (w.puid IS NULL OR w.puid = i.puid)
    ), parts AS (
      SELECT index, size, 1 AS rank, 'one item: ' || kind || ' of ' || mining_date || ', ' || status AS what, amount, counts
        FROM items
       UNION ALL
      SELECT index, size, 2, 'one day: ' || mining_date, sum(amount), true FROM items WHERE counts GROUP BY index, size, mining_date
       UNION ALL
      SELECT index, size, 3, 'all items of ' || kind || ', ' || status, sum(amount), bool_or(counts)
        FROM items GROUP BY index, size, kind, status
       UNION ALL
      SELECT index, size, 4, 'all items of ' || kind, sum(amount), bool_or(counts) FROM items GROUP BY index, size, kind
    )
    SELECT DISTINCT ON (index) index, what, counts FROM parts
     WHERE amount <> 0 AND abs(amount) = size
     ORDER BY index, rank, what`;
  return new Map(
    parts.map(({ index, what, counts }) => [
      index,
      `the difference equals ${what}${counts ? '' : ' (which is counted once, as an earning)'}`,
    ]),
  );
}
