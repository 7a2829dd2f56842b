import type { Clock } from '../core/clock';
import { isKpoolError } from '../core/errors';
import type { Logger } from '../observability/logger';
import type { AlertRound } from './alerts';

/** The jobs that begin with the process have shown by then whether the credentials are refused. */
const FIRST_AFTER_MS = 5_000;
const EVERY_MS = 60_000;

export interface AlertWatchDeps {
  readonly rounds: { run(): Promise<AlertRound> };
  readonly clock: Pick<Clock, 'sleep'>;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Fires when the process stops. */
  readonly signal: AbortSignal;
}

/**
 * Makes a round of alerts each minute until `signal` fires; resolves then, after the round in hand. It is no job of the
 * queue: a queue that stands still is among what is alerted about. Never fails; rounds that fail are logged once, until
 * one succeeds.
 */
export async function watchAlerts({ rounds, clock, logger, signal }: AlertWatchDeps): Promise<void> {
  let isFailing = false;
  try {
    for (let pauseMs = FIRST_AFTER_MS; ; pauseMs = EVERY_MS) {
      await clock.sleep(pauseMs, signal);
      try {
        await rounds.run();
        if (isFailing) logger.info('Alerts are looked after again.');
        isFailing = false;
      } catch (error) {
        if (!isFailing) logger.warn('Alerts cannot be looked after at the moment.', {}, error);
        isFailing = true;
      }
    }
  } catch (error) {
    if (!isKpoolError(error, 'aborted')) throw error;
  }
}
