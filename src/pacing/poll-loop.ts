import { backoffDelayMs } from '../core/backoff';
import type { Clock } from '../core/clock';
import { isRejection } from '../core/postgres/errors';
import { GIVE_UP_AFTER_MS, POLL_GAP_MS, POLL_RETRY } from './time-limits';

/** What the loop drives. */
export interface PollWork {
  /** When the next poll is due, monotonic ms; `Infinity` when there is nothing to poll for. */
  dueAtMs(): number;
  /** Polls once, in bounded time. */
  poll(): Promise<void>;
  /** Polls have failed for `GIVE_UP_AFTER_MS`, or in a way that retrying will not cure. */
  giveUp(error: unknown): void;
}

/** Runs polls when they are due, one at a time; sets no timer while none is. */
export class PollLoop {
  private running: Promise<void> | null = null;
  private sleeping: { readonly untilMs: number; readonly alarm: AbortController } | null = null;
  private notBeforeMs = -Infinity;
  private failures = 0;
  private failingSinceMs = 0;
  private stopped = false;

  constructor(
    private readonly work: PollWork,
    private readonly clock: Clock,
  ) {}

  /** Tells the loop that a poll is due at `atMs`, perhaps earlier than it knew. */
  poke(atMs: number): void {
    if (this.hasEnded()) return;
    if (this.running === null) {
      this.running = this.run().finally(() => {
        this.running = null;
        // Arrived while the loop was ending.
        if (this.work.dueAtMs() < Infinity) this.poke(-Infinity);
      });
    } else if (this.sleeping !== null && Math.max(atMs, this.notBeforeMs) < this.sleeping.untilMs) {
      this.sleeping.alarm.abort();
    }
  }

  /** Polls until nothing is due, or a poll fails. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.poke(-Infinity);
    this.sleeping?.alarm.abort();
    await this.running;
  }

  private hasEnded(): boolean {
    return this.stopped && this.failures > 0;
  }

  private async run(): Promise<void> {
    // Callers that arrive together share the first poll.
    await Promise.resolve();
    for (;;) {
      const wakeAtMs = Math.max(this.work.dueAtMs(), this.notBeforeMs);
      if (wakeAtMs === Infinity || this.hasEnded()) return;
      if (wakeAtMs > this.clock.monotonicMs()) await this.sleepUntil(wakeAtMs);
      else await this.pollOnce();
    }
  }

  private async sleepUntil(untilMs: number): Promise<void> {
    const alarm = new AbortController();
    this.sleeping = { untilMs, alarm };
    try {
      await this.clock.sleep(Math.ceil(untilMs - this.clock.monotonicMs()), alarm.signal);
    } catch (error) {
      if (!alarm.signal.aborted) throw error;
    } finally {
      this.sleeping = null;
    }
  }

  private async pollOnce(): Promise<void> {
    const startedAtMs = this.clock.monotonicMs();
    this.notBeforeMs = startedAtMs + POLL_GAP_MS;
    try {
      await this.work.poll();
      this.failures = 0;
    } catch (error) {
      const nowMs = this.clock.monotonicMs();
      if (this.failures === 0) this.failingSinceMs = startedAtMs;
      this.failures += 1;
      this.notBeforeMs = nowMs + backoffDelayMs(POLL_RETRY, this.failures, 0);
      // A retry would not help: waiters are rejected at once.
      if (!isRejection(error) && this.notBeforeMs - this.failingSinceMs <= GIVE_UP_AFTER_MS) return;
      // New waiters get the whole period again.
      this.failingSinceMs = nowMs;
      this.work.giveUp(error);
    }
  }
}
