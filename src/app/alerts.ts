import type { AccountId } from '../domain/ids';
import {
  MAX_MESSAGES_PER_ROUND,
  messageOf,
  reviewAlerts,
  type Alert,
  type AlertFinding,
} from '../observability/alerts';
import type { Logger } from '../observability/logger';
import { WEBHOOK_TIMEOUT_MS, type Webhook } from '../observability/webhook';
import { sentenceOf } from '../report/wellness/problem';
import type { Wellness } from '../report/wellness/judge';
import type { PrismaAlertStore } from '../store/alerts/alert-store';

export interface AlertDeps {
  readonly store: PrismaAlertStore;
  /** Null: nobody wants to be told, and nothing is done. */
  readonly webhook: Webhook | null;
  /** Judges the accounts that are configured. */
  readonly readWellness: () => Promise<Wellness>;
  /** Those, by name. */
  readonly accountIds: ReadonlyMap<string, AccountId>;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Takes known secrets out of a text. */
  readonly scrub: (text: string) => string;
  /** Fires when the process stops. */
  readonly signal?: AbortSignal;
}

export interface AlertRound {
  readonly told: number;
  /** Alerts that are left for the next round. */
  readonly untold: number;
}

/** Long enough for every message of a round to be taken at the last moment. */
const CLAIM_MS = (MAX_MESSAGES_PER_ROUND + 1) * WEBHOOK_TIMEOUT_MS;

/**
 * Makes the rounds of alerts; `run` is to be called about once a minute, by any number of processes. Tells each start
 * and each end once (a process that dies between telling and noting it makes the next one tell again). A webhook that
 * fails is logged once, until it works again, and is tried in the next round. Throws what the database throws.
 */
export function createAlertRounds(deps: AlertDeps): { run(): Promise<AlertRound> } {
  let isFailing = false;
  return {
    async run() {
      const { webhook, store } = deps;
      if (webhook === null) return { told: 0, untold: 0 };
      const review = await store.review([...deps.accountIds.values()], async (known, nowMs) => {
        const { findings, unjudged } = findingsOf(await deps.readWellness(), deps.accountIds);
        return reviewAlerts(known, findings, unjudged, nowMs, CLAIM_MS);
      });
      const due = review?.due ?? [];
      for (const [index, alert] of due.entries()) {
        const reason = await webhook.send(messageOf(alert, deps.scrub));
        if (reason !== null) {
          const isStopping = deps.signal?.aborted === true;
          if (!isFailing && !isStopping)
            deps.logger.warn(`The webhook for alerts does not take them: ${reason}.`);
          isFailing = true;
          const untold = due.slice(index);
          await store.release(untold.map(({ alertId }) => alertId));
          return { told: index, untold: untold.length };
        }
        if (isFailing) deps.logger.info('The webhook for alerts takes them again.');
        isFailing = false;
        await tell(alert, deps);
      }
      return { told: due.length, untold: 0 };
    },
  };
}

async function tell(alert: Alert, { store, logger }: AlertDeps): Promise<void> {
  const hasEnded = alert.endedAtMs !== null;
  if (hasEnded) logger.info(alert.endText, { alert: alert.alertId });
  else logger.warn(alert.startText, { alert: alert.alertId });
  if (hasEnded) await store.endTold(alert.alertId);
  else await store.startTold(alert.alertId);
}

/**
 * The problems that somebody is to be told of. One that is no matter for an alert yet, such as a first failure, is not
 * told, but it does not end the alert of its subject either.
 */
export function findingsOf(
  { problems, unjudged }: Wellness,
  accountIds: ReadonlyMap<string, AccountId>,
): { readonly findings: readonly AlertFinding[]; readonly unjudged: ReadonlySet<string> } {
  const findings = problems.flatMap((each): AlertFinding[] => {
    const { alert, account, subject: alertId, kind } = each;
    const accountId = account === null ? undefined : accountIds.get(account);
    if (alert === null || account === null || accountId === undefined) return [];
    const { afterMs, endText, detail } = alert;
    const startText = sentenceOf(each);
    return [{ alertId, kind, accountId, accountName: account, holdMs: afterMs, startText, endText, detail }];
  });
  const untold = problems.filter(({ alert }) => alert === null).map(({ subject }) => subject);
  return { findings, unjudged: new Set([...unjudged, ...untold]) };
}
