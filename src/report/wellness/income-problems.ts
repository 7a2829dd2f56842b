import { millisecondsInDay } from 'date-fns/constants';
import type { TotalsFacts, WellnessFacts } from './facts';
import { problem, type RuleResult, type Problem } from './problem';

/**
 * Differences between the ledger and the pool's own totals, or the fact that none can be compared. A difference is alerted
 * only if it persists after the next read of the recent days, which is when the settling of an older row is noticed.
 */
export function incomeProblems({ totals, recentEveryMs = millisecondsInDay }: WellnessFacts): RuleResult {
  if (totals === undefined) return { problems: [] };
  const problems = totals.filter(({ differing }) => differing > 0).map((t) => difference(t, recentEveryMs));
  const isUnproven = totals.every(({ matching, differing }) => matching === 0 && differing === 0);
  return {
    problems: isUnproven ? [unproven(totals)] : problems,
    unjudged: totals
      .filter(({ differing, notComparable }) => differing === 0 && notComparable > 0)
      .map(formatIncomeSubject),
  };
}

function formatIncomeSubject({ account, currency }: TotalsFacts): string {
  return `income-differs/${account}/${currency}`;
}

function difference(totals: TotalsFacts, recentEveryMs: number): Problem {
  const { account, currency, differing, worst } = totals;
  return problem({
    subject: formatIncomeSubject(totals),
    kind: 'income-differs',
    account,
    what:
      `The ledger of ${account} differs from the pool's own totals in ${currency}: ` +
      `${worst?.name ?? ''} by ${worst?.difference ?? ''}${differing > 1 ? `, and ${differing - 1} more` : ''}.`,
    cause: null,
    fix: 'kpool reconcile',
    alert: {
      afterMs: recentEveryMs,
      endText: `The ledger of ${account} and the pool's own totals in ${currency} agree again.`,
      detail: {
        currency,
        totals: differing,
        subAccount: worst?.name ?? null,
        difference: worst?.difference ?? null,
      },
    },
  });
}

/** No total could be compared, so nothing is confirmed. */
function unproven(totals: readonly TotalsFacts[]): Problem {
  const reason = totals.find((each) => each.reason !== null)?.reason ?? null;
  return problem({
    subject: 'income-unproven',
    kind: 'income-unproven',
    account: null,
    what: "None of the pool's own totals could be compared with the ledger.",
    cause: reason === null ? null : `One reason: ${reason}.`,
    fix: 'kpool reconcile',
  });
}
