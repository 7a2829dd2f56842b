import type { UnsentFacts, WellnessFacts } from './facts';
import { problem, type Problem, type RuleResult } from './problem';

/** Alerts that nobody gets: told everywhere but by the webhook, which is what fails. */
export function unsentAlerts({ unsent = [] }: WellnessFacts): RuleResult {
  return { problems: unsent.map(unsentOf) };
}

function unsentOf({ account, alerts, since, reason }: UnsentFacts): Problem {
  return problem({
    subject: `webhook/${account}`,
    kind: 'alert-webhook-failing',
    account,
    what: `The webhook for alerts has not taken ${alerts} ${alerts === 1 ? 'alert' : 'alerts'} of ${account}: ${reason}.`,
    cause: `Since ${since.toISOString().slice(0, 16).replace('T', ' ')} UTC; sending is tried again each minute.`,
    fix: 'kpool check',
  });
}
