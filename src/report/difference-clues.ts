import type { Sql } from 'postgres';
import { ExactSum } from '../core/exact-sum';
import type { ReconciliationRow } from './reconciliation';

/** Differences that are looked into, each with a query of its own; of the rest it is said that they were not. */
const MAX_CLUES = 50;
const NOT_LOOKED_INTO = `not looked into: only the first ${MAX_CLUES} that differ are`;

/**
 * The rows, each that differs with the nearest thing that comes to its difference: a digit of the total, one item, one day,
 * or all items of one type and status; and with the command to look closer.
 */
export async function explainDifferences(
  sql: Sql,
  rows: readonly ReconciliationRow[],
): Promise<readonly ReconciliationRow[]> {
  const differing = rows.filter(({ verdict }) => verdict === 'differs');
  const clues = new Map<ReconciliationRow, string>(differing.map((row) => [row, NOT_LOOKED_INTO]));
  for (const row of differing.slice(0, MAX_CLUES)) {
    const clue =
      findLostDigit(row) ?? (await findEqualPart(sql, row)) ?? 'nothing single comes to the difference';
    clues.set(row, clue);
  }
  return rows.map((row) => {
    const clue = clues.get(row);
    return clue === undefined ? row : { ...row, reason: [row.reason, clue, closerOf(row)].join('; ') };
  });
}

function closerOf({ account, puid }: ReconciliationRow): string {
  const scope = puid === null ? '' : ` --puid ${puid}`;
  return `look closer: kpool sync earnings rewards --verify --account ${account}${scope}`;
}

/** A total that is what it was compared with, or all that is settled, but for one digit more or less. */
function findLostDigit({ poolTotal, difference, ledgerSettled }: ReconciliationRow): string | null {
  if (poolTotal === null || difference === null) return null;
  const compared = new ExactSum();
  compared.add(poolTotal);
  compared.add(difference.startsWith('-') ? difference.slice(1) : `-${difference}`);
  for (const sum of [compared.toText(), ledgerSettled]) {
    const digit = findDigitBetween(poolTotal, sum);
    if (digit !== null) return `the two differ by the digit ${digit} alone (${poolTotal}, not ${sum})`;
  }
  return null;
}

/** The one digit that the longer text has more; null where they differ in anything else. */
function findDigitBetween(a: string, b: string): string | null {
  if (Math.abs(a.length - b.length) !== 1) return null;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  const at = Array.from(long).findIndex((_, i) => long.slice(0, i) + long.slice(i + 1) === short);
  return at < 0 ? null : long.charAt(at);
}

/** What of the ledger of the total's instant, of either list, comes to just the difference: the smallest such part. */
async function findEqualPart(
  sql: Sql,
  { account, puid, currency, difference }: ReconciliationRow,
): Promise<string | null> {
  if (difference === null) return null;
  const [part] = await sql<{ what: string; counts: boolean }[]>`
    WITH total AS (
      -- Read anew, since a Date would lose the microseconds, and with them the last commit before the total.
      SELECT observed_at FROM sync.latest_sub_account_totals WHERE puid = ${puid}::text::bigint AND currency = ${currency}
       UNION ALL
      SELECT t.observed_at FROM sync.latest_account_totals t JOIN pool.accounts a USING (account_id)
       WHERE ${puid}::text IS NULL AND a.account_name = ${account} AND t.currency = ${currency}
    ), items AS MATERIALIZED (
      SELECT i.mining_date, i.status, i.amount, i.source, coalesce(i.type, 'an earning') AS kind
        FROM total t CROSS JOIN LATERAL sync.income_items_as_of(t.observed_at) AS i
       WHERE i.account_name = ${account} AND i.currency = ${currency}
         AND (${puid}::text IS NULL OR i.puid = ${puid}::text::bigint)
    ), parts AS (
      SELECT 1 AS rank, 'one item: ' || kind || ' of ' || mining_date || ', ' || status AS what, amount, source <> 'left out' AS counts
        FROM items
       UNION ALL
      SELECT 2, 'one day: ' || mining_date, sum(amount), true FROM items WHERE source <> 'left out' GROUP BY mining_date
       UNION ALL
      SELECT 3, 'all items of ' || kind || ', ' || status, sum(amount), bool_or(source <> 'left out') FROM items GROUP BY kind, status
       UNION ALL
      SELECT 4, 'all items of ' || kind, sum(amount), bool_or(source <> 'left out') FROM items GROUP BY kind
    )
    SELECT what, counts FROM parts WHERE amount <> 0 AND abs(amount) = abs(${difference}::text::numeric)
     ORDER BY rank, what LIMIT 1`;
  if (part === undefined) return null;
  return `the difference is just ${part.what}${part.counts ? '' : ' (which counts as the same income as an earning)'}`;
}
