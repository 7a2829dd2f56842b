import { compareDecimals, findDecimal, type DecimalText } from '../../core/decimal';
import type { ReconciliationRow } from '../reconciliation/reconciliation';
import type { TotalsFacts } from './facts';

/** Summarizes a reconciliation by account and currency. */
export function judgeTotals(rows: readonly ReconciliationRow[]): readonly TotalsFacts[] {
  const groups = new Map<string, [ReconciliationRow, ...ReconciliationRow[]]>();
  for (const row of rows) {
    const key = `${row.account}\n${row.currency}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()].map(([first, ...others]) => {
    const group = [first, ...others];
    const { account, currency } = first;
    const differing = group.filter(({ verdict }) => verdict === 'differs');
    // Without a total from the pool, there is nothing to compare.
    const notComparable = group.filter(
      ({ verdict, poolTotal }) => verdict === 'not comparable' && poolTotal !== null,
    );
    return {
      account,
      currency,
      matching: group.filter(({ verdict }) => verdict.startsWith('matches')).length,
      differing: differing.length,
      notComparable: notComparable.length,
      worst: findWorst(differing),
      reason: group.find(({ reason }) => reason !== null)?.reason ?? null,
    };
  });
}

/** The largest difference; a sub-account's takes precedence over the account's, since it is more specific. */
function findWorst(differing: readonly ReconciliationRow[]): TotalsFacts['worst'] {
  const [worst] = differing
    .map(({ subAccount, difference }) => ({ subAccount, difference: difference ?? '0' }))
    .sort(
      (a, b) =>
        Number(a.subAccount === null) - Number(b.subAccount === null) ||
        compareDecimals(absolute(b.difference), absolute(a.difference)),
    );
  return worst === undefined
    ? null
    : { name: worst.subAccount ?? 'the account as a whole', difference: worst.difference };
}

function absolute(difference: string): DecimalText {
  return findDecimal(difference.replace('-', '')) ?? ('0' as DecimalText);
}
