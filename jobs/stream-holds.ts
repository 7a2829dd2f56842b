import { millisecondsInMinute } from 'date-fns/constants';
import type { Clock } from '../src/core/clock';
import type { NamedAccount } from '../src/domain/account';
import type { Stream } from '../src/domain/streams';

/** The longest hold: by then there is newer information. */
const LONGEST_HOLD_MS = millisecondsInMinute;

/** Streams of accounts that this process does not start for a while, by its monotonic clock. */
export class StreamHolds {
  private readonly untilMs = new Map<string, number>();

  constructor(private readonly clock: Pick<Clock, 'monotonicMs'>) {}

  /** Returns how long the stream is held, ms. */
  hold(account: Pick<NamedAccount, 'name'>, stream: Stream, ms: number): number {
    const heldMs = Math.min(ms, LONGEST_HOLD_MS);
    this.untilMs.set(formatHoldKey(account, stream), this.clock.monotonicMs() + heldMs);
    return heldMs;
  }

  /** 0 when it is not held. */
  remainingMs(account: Pick<NamedAccount, 'name'>, stream: Stream): number {
    const untilMs = this.untilMs.get(formatHoldKey(account, stream)) ?? -Infinity;
    return Math.max(0, untilMs - this.clock.monotonicMs());
  }
}

function formatHoldKey({ name }: Pick<NamedAccount, 'name'>, stream: Stream): string {
  return JSON.stringify([name, stream]);
}
