// The line a minute that a service at a terminal prints.
import { millisecondsInMinute } from 'date-fns/constants';
import type { Clock } from '../core/clock';
import { isKpoolError } from '../core/errors';
import type { Logger } from '../core/log';
import type { SyncActivity } from '../report/status/sync-activity';
import type { Wellness } from '../report/wellness/judge';

const REPORT_EVERY_MS = millisecondsInMinute;

export interface MinuteReportDeps {
  /** Totals of all syncs so far, of every process. */
  readonly readActivity: () => Promise<SyncActivity>;
  readonly readWellness: () => Promise<Wellness>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly logger: Pick<Logger, 'info' | 'debug'>;
  /** Fires when the process stops. */
  readonly signal: AbortSignal;
}

/** Prints every minute, for someone at a terminal, what was done and whether all is well, until `signal` fires. */
export async function reportByTheMinute(deps: MinuteReportDeps): Promise<void> {
  const { readActivity, readWellness, clock, logger, signal } = deps;
  let before: SyncActivity | null = null;
  for (;;) {
    try {
      const [now, wellness] = await Promise.all([readActivity(), readWellness()]);
      if (before !== null) logger.info(formatMinute(before, now, wellness));
      before = now;
    } catch (error) {
      // The database watch logs the outage.
      logger.debug('The last minute cannot be reported.', {}, error);
    }
    try {
      await clock.sleep(REPORT_EVERY_MS, signal);
    } catch (error) {
      if (isKpoolError(error, 'aborted')) return;
      throw error;
    }
  }
}

/** `12 requests, 3 rows new, 0 changed, 450 verified. All is well.` */
export function formatMinute(before: SyncActivity, now: SyncActivity, { problems }: Wellness): string {
  const since = (count: keyof SyncActivity): string =>
    Math.max(0, now[count] - before[count]).toLocaleString('en');
  const toMend = problems.filter(({ severity }) => severity !== 'progress');
  const verdict =
    toMend.length > 0
      ? `${toMend.length === 1 ? '1 problem' : `${toMend.length} problems`}: kpool status`
      : problems.length > 0
        ? 'The first sync continues.'
        : 'All is well.';
  return `${since('requests')} requests, ${since('inserted')} rows new, ${since('changed')} changed, ${since('unchanged')} verified. ${verdict}`;
}
