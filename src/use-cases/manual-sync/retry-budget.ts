// How long kpool sync waits for an open circuit.
import { millisecondsInMinute } from 'date-fns/constants';
import type { Clock } from '../../core/clock';

/** How long a manual sync waits for an open circuit: longer than a short ban or a restart of the pool. */
export const RETRY_BUDGET_MS = millisecondsInMinute;

/** How long the calls of one account may wait for an open circuit before they give up. */
export class RetryBudget {
  private endsAtMs: number | null = null;

  constructor(
    private readonly clock: Pick<Clock, 'monotonicMs' | 'sleep'>,
    private readonly options: { readonly retryBudgetMs: number; readonly signal: AbortSignal },
  ) {}

  /**
   * Waits until the circuit lets calls through; false if that takes too long. `openCircuitMs`: how long it remains
   * open.
   */
  async outlast(openCircuitMs: () => number): Promise<boolean> {
    for (let waitMs = openCircuitMs(); waitMs > 0; waitMs = openCircuitMs()) {
      const nowMs = this.clock.monotonicMs();
      this.endsAtMs ??= nowMs + this.options.retryBudgetMs;
      if (nowMs + waitMs > this.endsAtMs) return false;
      await this.clock.sleep(waitMs, this.options.signal);
    }
    return true;
  }

  /** The pool answered: the next time the circuit opens, the whole budget is available again. */
  renew(): void {
    this.endsAtMs = null;
  }
}
