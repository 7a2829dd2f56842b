import type { Sql } from 'postgres';
import { firstDayOf, type Month } from '../months/month';
import { readReconciliation, type ReconciliationRow } from './reconciliation';

/** Whether the pool's own totals and the ledger agree, for readers of a statement. */
export interface TieOut {
  /** How many totals differ. */
  readonly differing: number;
  /** `Ties out: 4 of the pool's 4 totals match (they count settled).` */
  readonly text: string;
}

/** Which totals to include; null: all. */
interface TieOutScope {
  readonly accountName: string | null;
  /** Only those of sub-accounts and currencies with income in this month, and of their accounts. */
  readonly month: Month | null;
}

/** Summarizes the reconciliation in one sentence. */
export async function readTieOut(sql: Sql, { accountName, month }: TieOutScope): Promise<TieOut> {
  const hasIncome = month === null ? () => true : await findIncomeOf(sql, month);
  const totals = (await readReconciliation(sql)).filter(
    (total) =>
      total.poolTotal !== null && (accountName === null || total.account === accountName) && hasIncome(total),
  );
  const count = (wanted: string): number => totals.filter(({ verdict }) => verdict === wanted).length;
  const [differing, open] = [count('differs'), count('not comparable')];
  const matching = totals.length - differing - open;
  const counted = [
    `${matching} of the pool's ${totals.length} totals match`,
    ...(differing > 0 ? [`${differing} ${differing === 1 ? 'differs' : 'differ'}`] : []),
    ...(open > 0 ? [`${open} cannot be compared yet`] : []),
  ].join(', ');
  const definitions = [...new Set(totals.flatMap(({ definition }) => definition ?? []))].sort();
  if (totals.length === 0)
    return { differing, text: 'Not compared: the pool has reported no totals for it.' };
  if (differing > 0) return { differing, text: `Does not tie out: ${counted}. See kpool reconcile.` };
  if (matching === 0) return { differing, text: `Not compared: ${counted}.` };
  return { differing, text: `Ties out: ${counted} (they count ${definitions.join('; ')}).` };
}

async function findIncomeOf(sql: Sql, month: Month): Promise<(total: ReconciliationRow) => boolean> {
  const rows = await sql<{ account: string; puid: string; currency: string }[]>`
    SELECT DISTINCT a.account_name AS account, m.puid::text AS puid, m.currency
      FROM sync.income_months m JOIN report.sub_accounts a USING (puid)
     WHERE m.month = ${firstDayOf(month)}::date`;
  const keyOf = (...parts: readonly (string | null)[]): string => JSON.stringify(parts);
  const known = new Set(
    rows.flatMap(({ account, puid, currency }) => [
      keyOf(account, puid, currency),
      keyOf(account, null, currency),
    ]),
  );
  return ({ account, puid, currency }) => known.has(keyOf(account, puid, currency));
}
