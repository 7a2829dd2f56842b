import { setTimeout as setTimeoutPromise } from 'node:timers/promises';
import { KpoolError } from './errors';

/** The time source. Passed in; only the edge creates one. */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds from an arbitrary start; never decreases. */
  monotonicMs(): number;
  /** Resolves after `ms`, or rejects with `aborted` as soon as `signal` fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await setTimeoutPromise(Math.max(0, ms), undefined, signal === undefined ? {} : { signal });
    } catch (cause) {
      throw new KpoolError('aborted', 'Stopped on request.', { cause });
    }
  },
};

/** Throws `aborted` when `signal` has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new KpoolError('aborted', 'Stopped on request.');
}
