import type { RuleResult, Problem } from './problem';
import type { WellnessFacts } from './facts';
import { accountProblems } from './account-problems';
import { doubtProblems } from './doubt-problems';
import { emptiedLists } from './emptied-lists';
import { incomeProblems } from './income-problems';
import { serviceProblems } from './service-problems';
import { streamProblems } from './stream-problems';
import { unsentAlerts } from './unsent-alerts';

/** What is wrong, by the facts that were read. */
export interface Wellness {
  /** The most serious first. */
  readonly problems: readonly Problem[];
  /** Subjects that cannot be judged now; their problems neither start nor end. */
  readonly unjudged: ReadonlySet<string>;
}

const ORDER = { critical: 0, warning: 1, progress: 2 } as const;

/**
 * The only place that decides what is a problem, for `status`, the pages, `/readyz`, alerts and exit codes (P11). Each caller
 * passes the facts it can afford to read.
 */
export function judge(facts: WellnessFacts): Wellness {
  const parts: readonly RuleResult[] = [
    serviceProblems(facts),
    unsentAlerts(facts),
    accountProblems(facts),
    streamProblems(facts),
    doubtProblems(facts),
    emptiedLists(facts),
    incomeProblems(facts),
  ];
  return {
    problems: parts.flatMap(({ problems }) => problems).sort((a, b) => ORDER[a.severity] - ORDER[b.severity]),
    unjudged: new Set(parts.flatMap(({ unjudged = [] }) => unjudged)),
  };
}

/** Whether there is no problem at all; a first sync in progress is one. */
export function isWell({ problems }: Wellness): boolean {
  return problems.length === 0;
}

/** Whether the service is working, whatever the state of the data. */
export function isReady({ problems }: Pick<Wellness, 'problems'>): boolean {
  return problems.every(({ severity }) => severity !== 'critical');
}
