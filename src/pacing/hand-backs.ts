import type { HandBack } from './slot-store';
import { HAND_BACK_DELAY_MS } from './time-limits';

/** Keeps a poll a short transaction. */
const MAX_HAND_BACKS_PER_POLL = 1_000;

export interface PendingHandBack extends Omit<HandBack, 'restMs'> {
  /** When the slot was no longer used, monotonic ms. */
  readonly sinceMs: number;
  /** Monotonic ms. */
  readonly restEndsAtMs: number;
}

/** Slots that this process no longer uses, until a poll hands them back to the store. All times are monotonic ms. */
export class HandBacks {
  /** Oldest first. */
  private pending: PendingHandBack[] = [];

  constructor(private readonly leaseMs: number) {}

  add(handBack: PendingHandBack): void {
    this.pending.push(handBack);
  }

  /** When the oldest must be sent; `Infinity` if there is none. */
  flushAtMs(): number {
    const [oldest] = this.pending;
    return oldest === undefined ? Infinity : oldest.sinceMs + HAND_BACK_DELAY_MS;
  }

  /** Removes and returns what the next poll sends. */
  take(nowMs: number): PendingHandBack[] {
    // After the end of the lease a hand-back changes nothing.
    const useful = this.pending.filter(({ sinceMs }) => sinceMs > nowMs - this.leaseMs);
    this.pending = useful.splice(MAX_HAND_BACKS_PER_POLL);
    return useful;
  }

  /**
   * Puts back what a failed poll sent. Sending it twice does no harm, so it does not matter whether the store applied
   * it.
   */
  restore(handBacks: readonly PendingHandBack[]): void {
    this.pending.unshift(...handBacks);
  }
}
