// One round of alerts: from the problems of the moment to what is sent.
import type { Config } from '../config/config';
import { findProxy } from '../config/proxies';
import type { Logger } from '../core/log';
import type { Secret } from '../core/secret';
import type { AccountId } from '../domain/ids';
import type { Wellness } from '../report/wellness/judge';
import { sentenceOf } from '../report/wellness/problem';
import type { PrismaAlertStore } from '../store/alerts/alert-store';
import {
  MAX_MESSAGES_PER_ROUND,
  composeMessage,
  reviewAlerts,
  type Alert,
  type AlertCandidate,
} from './alert-review';
import { createWebhook, WEBHOOK_TIMEOUT_MS, type Webhook } from './webhook';

export interface AlertDeps {
  readonly store: PrismaAlertStore;
  /** Null: no webhook is configured, and nothing is sent. */
  readonly webhook: Webhook | null;
  /** The state of the configured accounts. */
  readonly readWellness: () => Promise<Wellness>;
  /** The ids of these accounts, by name. */
  readonly accountIds: ReadonlyMap<string, AccountId>;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Removes known secrets from a text. */
  readonly scrub: (text: string) => string;
  /** Fires when the process stops. */
  readonly signal?: AbortSignal;
}

export interface AlertRound {
  readonly sent: number;
  /** Left for the next round. */
  readonly unsent: number;
}

/** Long enough even if each message of a round takes as long as the webhook may. */
const LEASE_MS = (MAX_MESSAGES_PER_ROUND + 1) * WEBHOOK_TIMEOUT_MS;

/**
 * Sends alerts; call `run` about once a minute, in any number of processes. Each start and each end is sent once (twice
 * if a process dies between sending and recording it). A failing webhook is logged once, until it works again, and is
 * retried in the next round. Throws the errors of the database.
 */
export function createAlertRounds(deps: AlertDeps): { run(): Promise<AlertRound> } {
  let isFailing = false;
  return {
    async run() {
      const { webhook, store } = deps;
      if (webhook === null) {
        await store.forgetUnsent([...deps.accountIds.values()]);
        return { sent: 0, unsent: 0 };
      }
      const review = await store.review([...deps.accountIds.values()], async (known, nowMs) => {
        const { candidates, unjudged } = listCandidates(await deps.readWellness(), deps.accountIds);
        return reviewAlerts(known, candidates, unjudged, nowMs, LEASE_MS);
      });
      const due = review?.due ?? [];
      for (const [index, alert] of due.entries()) {
        const reason = await webhook.send(composeMessage(alert, deps.scrub));
        if (reason !== null) {
          const isStopping = deps.signal?.aborted === true;
          if (!isFailing && !isStopping)
            deps.logger.warn(`The webhook for alerts does not accept them: ${reason}.`);
          isFailing = true;
          const unsent = due.slice(index);
          const unsentIds = unsent.map(({ alertId }) => alertId);
          if (isStopping) await store.release(unsentIds);
          else await store.markUnsent(unsentIds, reason);
          return { sent: index, unsent: unsent.length };
        }
        if (isFailing) deps.logger.info('The webhook for alerts accepts them again.');
        isFailing = false;
        await sendAlert(alert, deps);
      }
      return { sent: due.length, unsent: 0 };
    },
  };
}

async function sendAlert(alert: Alert, { store, logger }: AlertDeps): Promise<void> {
  const hasEnded = alert.endedAtMs !== null;
  if (hasEnded) logger.info(alert.endText, { alert: alert.alertId });
  else logger.warn(alert.startText, { alert: alert.alertId });
  if (hasEnded) await store.markEndSent(alert.alertId);
  else await store.markStartSent(alert.alertId);
}

/**
 * The problems to alert about. One that does not warrant an alert yet, such as a first failure, neither starts nor ends
 * an alert.
 */
export function listCandidates(
  { problems, unjudged }: Wellness,
  accountIds: ReadonlyMap<string, AccountId>,
): { readonly candidates: readonly AlertCandidate[]; readonly unjudged: ReadonlySet<string> } {
  const candidates = problems.flatMap((each): AlertCandidate[] => {
    const { alert, account, subject: alertId, kind } = each;
    const accountId = account === null ? undefined : accountIds.get(account);
    if (alert === null || account === null || accountId === undefined) return [];
    const { afterMs, endText, detail } = alert;
    const startText = sentenceOf(each);
    return [{ alertId, kind, accountId, accountName: account, holdMs: afterMs, startText, endText, detail }];
  });
  const unsent = problems.filter(({ alert }) => alert === null).map(({ subject }) => subject);
  return { candidates, unjudged: new Set([...unjudged, ...unsent]) };
}

/** The webhook at `url`, through the proxy configured for it; `stop` aborts a message being sent. */
export function openWebhook(url: Secret, config: Pick<Config, 'proxies'>, stop?: AbortSignal): Webhook {
  return createWebhook(url, { stop, proxy: findProxy(url.reveal(), config) });
}
