import { backoffDelayMs } from '../core/backoff';
import type { BackoffPolicy } from '../core/backoff';
import type { Clock } from '../core/clock';
import { KpoolError } from '../core/errors';

/**
 * Looks of a process start at least this far apart, so that under load one statement serves many buckets. Less than
 * `AHEAD_MS`, so nobody waits for it.
 */
const GAP_MS = 25;
/** A look unanswered for this long has failed. */
const LOOK_TIMEOUT_MS = 5_000;
const RETRY: BackoffPolicy = { firstDelayMs: 100, maxDelayMs: 2_000, factor: 2 };
/** How long a database may be away before those who wait are told so: a restart should fit in. */
const GIVE_UP_AFTER_MS = 15_000;

/** What the loop drives. */
export interface LookWork {
  /** When the next look is due, monotonic ms; `Infinity` when there is nothing to look for. */
  dueAtMs(): number;
  /** Looks once. `isCurrent` turns false when the loop has given the look up; then its places must be handed back. */
  look(isCurrent: () => boolean): Promise<void>;
  /** The database has failed for `GIVE_UP_AFTER_MS`, or in a way that waiting does not mend. */
  giveUp(error: unknown): void;
  /** A look has failed; it is tried again in `retryInMs`. */
  failed(error: unknown, attempt: number, retryInMs: number): void;
}

/** Runs looks when they are due, one at a time, and sleeps without a timer when nothing is. */
export class LookLoop {
  readonly #work: LookWork;
  readonly #clock: Clock;
  #running: Promise<void> | null = null;
  #nap: { readonly untilMs: number; readonly alarm: AbortController } | null = null;
  #notBeforeMs = -Infinity;
  #failures = 0;
  #failingSinceMs = 0;
  #stopped = false;

  constructor(work: LookWork, clock: Clock) {
    this.#work = work;
    this.#clock = clock;
  }

  /** Something has changed: a look may be due earlier. */
  poke(): void {
    if (this.#hasEnded()) return;
    if (this.#running === null) {
      this.#running = this.#run().finally(() => {
        this.#running = null;
        // What came while the loop was ending.
        if (this.#work.dueAtMs() < Infinity) this.poke();
      });
    } else if (this.#nap !== null && this.#wakeAtMs() < this.#nap.untilMs) {
      this.#nap.alarm.abort();
    }
  }

  /** Does what is due, and what becomes due later, until that fails once. */
  async stop(): Promise<void> {
    this.poke();
    this.#stopped = true;
    this.#nap?.alarm.abort();
    await this.#running;
  }

  /** After the stop there is one try to do what is left. */
  #hasEnded(): boolean {
    return this.#stopped && this.#failures > 0;
  }

  #wakeAtMs(): number {
    return Math.max(this.#work.dueAtMs(), this.#notBeforeMs);
  }

  async #run(): Promise<void> {
    // Callers that arrive together share the first look.
    await Promise.resolve();
    for (;;) {
      const wakeAtMs = this.#wakeAtMs();
      if (wakeAtMs === Infinity || this.#hasEnded()) return;
      if (wakeAtMs > this.#clock.monotonicMs()) await this.#sleepUntil(wakeAtMs);
      else await this.#lookOnce();
    }
  }

  async #sleepUntil(untilMs: number): Promise<void> {
    const alarm = new AbortController();
    this.#nap = { untilMs, alarm };
    try {
      await this.#clock.sleep(Math.ceil(untilMs - this.#clock.monotonicMs()), alarm.signal);
    } catch (error) {
      if (!alarm.signal.aborted) throw error;
    } finally {
      this.#nap = null;
    }
  }

  async #lookOnce(): Promise<void> {
    const startedAtMs = this.#clock.monotonicMs();
    this.#notBeforeMs = startedAtMs + GAP_MS;
    try {
      await this.#lookInTime();
      this.#failures = 0;
    } catch (error) {
      const now = this.#clock.monotonicMs();
      if (this.#failures === 0) this.#failingSinceMs = startedAtMs;
      this.#failures += 1;
      const retryInMs = backoffDelayMs(RETRY, this.#failures, 0);
      this.#notBeforeMs = now + retryInMs;
      if (isHopeless(error) || now + retryInMs - this.#failingSinceMs > GIVE_UP_AFTER_MS)
        this.#work.giveUp(error);
      else this.#work.failed(error, this.#failures, retryInMs);
    }
  }

  async #lookInTime(): Promise<void> {
    const timer = new AbortController();
    let current = true;
    const look = this.#work.look(() => current);
    const timeout = this.#clock.sleep(LOOK_TIMEOUT_MS, timer.signal).then(
      () => {
        current = false;
        throw new KpoolError(
          'database.unreachable',
          `The database has not answered for ${LOOK_TIMEOUT_MS / 1_000} s.`,
        );
      },
      () => undefined,
    );
    try {
      await Promise.race([look, timeout]);
    } finally {
      timer.abort();
      // The loser of the race may still fail, and nobody listens to it any more.
      look.catch(() => undefined);
    }
  }
}

/** The schema is missing, the user may not use it, or our own SQL is wrong: the same answer would come again. */
function isHopeless(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^(42|3F)[0-9A-Z]{3}$/.test(code);
}
