import type { WellnessFacts } from './facts';
import { problem, type RuleResult, type Problem } from './problem';

/** An unreachable database or queue, and failed lines of `kpool check`. */
export function serviceProblems({ database, queue, failedChecks = [] }: WellnessFacts): RuleResult {
  const problems: Problem[] = failedChecks.map(({ name, text, hint }) =>
    problem({
      subject: `check/${name}`,
      kind: 'check-failed',
      account: null,
      what: `${name}: ${text}`,
      cause: null,
      fix: hint ?? 'kpool check',
    }),
  );
  if (database === 'unreachable') {
    problems.push(
      problem({
        subject: 'database',
        kind: 'database-unreachable',
        account: null,
        what: 'The database does not answer.',
        cause: null,
        fix: 'kpool check',
      }),
    );
  }
  if (queue === 'unreachable') {
    problems.push(
      problem({
        subject: 'queue',
        kind: 'queue-unreachable',
        account: null,
        what: 'The queue does not answer.',
        cause: null,
        fix: 'kpool check',
      }),
    );
  }
  return { problems };
}
