import type { AccountId } from '../domain/ids';
import { findingsOf } from '../observability/alert-rules';
import {
  MAX_MESSAGES_PER_ROUND,
  messageOf,
  reviewAlerts,
  type Alert,
  type AlertKind,
} from '../observability/alerts';
import type { Logger } from '../observability/logger';
import { WEBHOOK_TIMEOUT_MS, type Webhook } from '../observability/webhook';
import type { PrismaAlertStore } from '../store/alerts/alert-store';

export interface AlertDeps {
  readonly store: PrismaAlertStore;
  /** Null: nobody wants to be told, and nothing is done. */
  readonly webhook: Webhook | null;
  /** Accounts that are configured. */
  readonly accountIds: readonly AccountId[];
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
      const review = await store.review(deps.accountIds, (known, facts) =>
        reviewAlerts(known.map(alertOf), findingsOf(facts), facts.nowMs, CLAIM_MS),
      );
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

/** The one border between the table and the rules: only we write its `kind`. */
function alertOf(row: Omit<Alert, 'kind'> & { readonly kind: string }): Alert {
  return { ...row, kind: row.kind as AlertKind };
}
