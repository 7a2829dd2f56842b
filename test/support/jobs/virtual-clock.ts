import type { Clock } from '../../../src/core/clock';
import { KpoolError } from '../../../src/core/errors';

interface Sleeper {
  readonly untilMs: number;
  readonly wake: () => void;
}

/** A clock that only the test moves: `pass` lets time pass, and `wallMs` may be set at any moment, back or ahead. */
export class VirtualClock implements Clock {
  wallMs = Date.UTC(2026, 10, 27);
  private elapsedMs = 0;
  private sleepers: Sleeper[] = [];

  now(): number {
    return this.wallMs;
  }

  monotonicMs(): number {
    return this.elapsedMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const sleeper: Sleeper = { untilMs: this.elapsedMs + ms, wake: resolve };
      this.sleepers.push(sleeper);
      const abort = (): void => {
        this.sleepers = this.sleepers.filter((each) => each !== sleeper);
        reject(new KpoolError('aborted', 'Stopped on request.'));
      };
      if (signal?.aborted === true) abort();
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** Wakes the sleepers whose time is over, in order. Each finishes its work before the next one wakes. */
  async pass(ms: number): Promise<void> {
    const endMs = this.elapsedMs + ms;
    for (;;) {
      await settled();
      const [next] = this.sleepers
        .filter(({ untilMs }) => untilMs <= endMs)
        .sort((a, b) => a.untilMs - b.untilMs);
      if (next === undefined) break;
      this.advanceTo(Math.max(this.elapsedMs, next.untilMs));
      this.sleepers = this.sleepers.filter((each) => each !== next);
      next.wake();
    }
    this.advanceTo(endMs);
  }

  private advanceTo(monotonicMs: number): void {
    this.wallMs += monotonicMs - this.elapsedMs;
    this.elapsedMs = monotonicMs;
  }
}

/** Resolves when everything that is ready to run has run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
