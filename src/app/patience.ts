import type { Clock } from '../core/clock';

/** So long a sync by hand waits for a pool that is to be left alone: longer than a short ban or a restart takes. */
export const PATIENCE_MS = 60_000;

/** How long the calls of one account are waited for when they have to stay away from the pool. */
export class Patience {
  #endsAtMs: number | null = null;

  constructor(
    private readonly clock: Pick<Clock, 'monotonicMs' | 'sleep'>,
    private readonly options: { readonly patienceMs: number; readonly signal: AbortSignal },
  ) {}

  /** Waits until calls may come again; false when that takes too long. `quietMs`: for so long none may come. */
  async outlast(quietMs: () => number): Promise<boolean> {
    for (let waitMs = quietMs(); waitMs > 0; waitMs = quietMs()) {
      const nowMs = this.clock.monotonicMs();
      this.#endsAtMs ??= nowMs + this.options.patienceMs;
      if (nowMs + waitMs > this.#endsAtMs) return false;
      await this.clock.sleep(waitMs, this.options.signal);
    }
    return true;
  }

  /** The pool answers: the next trouble is waited for anew. */
  renew(): void {
    this.#endsAtMs = null;
  }
}
