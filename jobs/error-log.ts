import type { Clock } from '../src/core/clock';
import type { JobLog } from './job-context';

/** The same trouble is told again after so long. */
const REPEAT_MS = 60_000;
/** So many errors in so long are no passing trouble: BullMQ would go on at full speed for ever. */
const MAX_ERRORS = 500;
const WINDOW_MS = 30_000;

/** Tells of the queue's trouble once, of its end once, and when there is no use in going on. */
export class QueueErrorLog {
  #lastMessage: string | null = null;
  #toldAtMs = -Infinity;
  #windowFromMs = -Infinity;
  #errors = 0;

  constructor(
    private readonly log: JobLog,
    private readonly clock: Pick<Clock, 'monotonicMs'>,
    private readonly onHopeless: (error: Error) => void,
  ) {}

  failed(error: Error): void {
    // A renewal that was on its way when its job ended. One that is truly lost costs a second reading at most.
    if (error.message.startsWith('could not renew lock')) {
      this.log.debug('A lock was not renewed.', {}, error);
      return;
    }
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.#windowFromMs > WINDOW_MS) {
      this.#windowFromMs = nowMs;
      this.#errors = 0;
    }
    this.#errors += 1;
    if (error.message !== this.#lastMessage || nowMs - this.#toldAtMs > REPEAT_MS) {
      this.log.warn('The queue has trouble; it is tried again.', {}, error);
      this.#lastMessage = error.message;
      this.#toldAtMs = nowMs;
    }
    if (this.#errors === MAX_ERRORS) this.onHopeless(error);
  }

  worked(): void {
    if (this.#lastMessage === null) return;
    this.#lastMessage = null;
    this.log.info('The queue works again.');
  }
}
