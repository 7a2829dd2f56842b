import { millisecondsInMinute } from 'date-fns/constants';
import type { Clock } from '../src/core/clock';
import type { JobLog } from './job-context';

/** Repeat an identical warning at most this often. */
const REPEAT_MS = millisecondsInMinute;
/** This many errors in the window is not transient; BullMQ would otherwise retry in a tight loop. */
const MAX_ERRORS = 500;
const ERROR_WINDOW_MS = 30_000;

/** Logs the start and the end of a queue outage once each, and says when retrying is pointless. */
export class QueueErrorLog {
  private lastMessage: string | null = null;
  private warnedAtMs = -Infinity;
  private windowFromMs = -Infinity;
  private errors = 0;

  constructor(
    private readonly log: JobLog,
    private readonly clock: Pick<Clock, 'monotonicMs'>,
    private readonly onUnrecoverable: (error: Error) => void,
  ) {}

  failed(error: Error): void {
    // The renewal was in flight when its job ended. A lock that is really lost costs at most a second read.
    if (error.message.startsWith('could not renew lock')) {
      this.log.debug('A lock was not renewed.', {}, error);
      return;
    }
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.windowFromMs > ERROR_WINDOW_MS) {
      this.windowFromMs = nowMs;
      this.errors = 0;
    }
    this.errors += 1;
    if (error.message !== this.lastMessage || nowMs - this.warnedAtMs > REPEAT_MS) {
      this.log.warn('The queue has trouble; it is retried.', {}, error);
      this.lastMessage = error.message;
      this.warnedAtMs = nowMs;
    }
    if (this.errors === MAX_ERRORS) this.onUnrecoverable(error);
  }

  worked(): void {
    if (this.lastMessage === null) return;
    this.lastMessage = null;
    this.log.info('The queue works again.');
  }
}
