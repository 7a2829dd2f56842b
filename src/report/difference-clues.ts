import type { Sql } from 'postgres';
import type { ReconciliationRow } from './reconciliation';

/** Differences that are looked into; the rest keeps its reason. */
const MAX_CLUES = 50;

/**
 * The rows, each that differs with the nearest thing that comes to its difference: a digit of the total, one item, one day,
 * or all items of one type and status; and with the command to look closer.
 */
export async function explainDifferences(
  sql: Sql,
  rows: readonly ReconciliationRow[],
): Promise<readonly ReconciliationRow[]> {
  const differing = rows.filter(({ verdict }) => verdict === 'differs').slice(0, MAX_CLUES);
  const clues = new Map<ReconciliationRow, string>();
  for (const row of differing) {
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

/** A total that is the ledger's but for one digit more or less. */
function findLostDigit({ poolTotal, ledgerSettled }: ReconciliationRow): string | null {
  if (poolTotal === null || Math.abs(poolTotal.length - ledgerSettled.length) !== 1) return null;
  const [short, long] =
    poolTotal.length < ledgerSettled.length ? [poolTotal, ledgerSettled] : [ledgerSettled, poolTotal];
  const at = Array.from(long).findIndex((_, i) => long.slice(0, i) + long.slice(i + 1) === short);
  if (at < 0) return null;
  return `the two differ by the digit ${long.charAt(at)} alone (${poolTotal}, not ${ledgerSettled})`;
}

/** What of the ledger, of either list, comes to just the difference: the smallest such part. */
async function findEqualPart(
  sql: Sql,
  { account, puid, currency, difference }: ReconciliationRow,
): Promise<string | null> {
  if (difference === null) return null;
  const [part] = await sql<{ what: string; counts: boolean }[]>`
    WITH items AS (
      SELECT i.*, coalesce(i.type, 'an earning') AS kind
        FROM sync.income_items i
        JOIN report.sub_accounts s USING (puid)
       WHERE s.account_name = ${account} AND i.currency = ${currency}
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
