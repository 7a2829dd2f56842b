import type { UnsentFacts, WellnessFacts } from './facts';
import { problem, type Problem, type RuleResult } from './problem';

/** Alerts that the webhook does not accept. Reported everywhere except through the webhook. */
export function unsentAlerts({ unsent = [] }: WellnessFacts): RuleResult {
  return { problems: unsent.map(unsentOf) };
}

function unsentOf({ account, alerts, since, reason }: UnsentFacts): Problem {
  return problem({
    subject: `webhook/${account}`,
    kind: 'alert-webhook-failing',
    account,
    what: `The alert webhook has not accepted ${alerts} ${alerts === 1 ? 'alert' : 'alerts'} of ${account}: ${reason}.`,
    cause: `Since ${since.toISOString().slice(0, 16).replace('T', ' ')} UTC; retried every minute.`,
    fix: 'kpool check',
  });
}
