// When alerts are reviewed: a round a minute.
import { millisecondsInMinute } from 'date-fns/constants';
import type { Clock } from '../core/clock';
import { isKpoolError } from '../core/errors';
import type { Logger } from '../core/log';
import type { AlertRound } from './alert-rounds';

/** By then the first jobs of the process have shown whether the credentials are refused. */
const FIRST_ALERT_ROUND_AFTER_MS = 5_000;
const ALERT_ROUND_EVERY_MS = millisecondsInMinute;

export interface AlertWatchDeps {
  readonly rounds: { run(): Promise<AlertRound> };
  readonly clock: Pick<Clock, 'sleep'>;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Fires when the process stops. */
  readonly signal: AbortSignal;
}

/**
 * Runs a round of alerts every minute until `signal` fires; resolves after the current round. It is not a job of the
 * queue, since alerts also report a queue that does not progress. Never fails; failing rounds are logged once, until
 * one succeeds.
 */
export async function watchAlerts({ rounds, clock, logger, signal }: AlertWatchDeps): Promise<void> {
  let isFailing = false;
  try {
    for (let pauseMs = FIRST_ALERT_ROUND_AFTER_MS; ; pauseMs = ALERT_ROUND_EVERY_MS) {
      await clock.sleep(pauseMs, signal);
      try {
        await rounds.run();
        if (isFailing) logger.info('Alerts are reviewed again.');
        isFailing = false;
      } catch (error) {
        if (!isFailing) logger.warn('Alerts cannot be reviewed at the moment.', {}, error);
        isFailing = true;
      }
    }
  } catch (error) {
    if (!isKpoolError(error, 'aborted')) throw error;
  }
}
