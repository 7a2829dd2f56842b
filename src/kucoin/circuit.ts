import type { BackoffPolicy } from '../core/backoff';
import { backoffDelayMs } from '../core/backoff';

/**
 * Keeps calls away from a pool under maintenance, so that its return is met by one request and not by a
 * stampede: it opens when a call has failed by maintenance, lets one call through when its time is over, and
 * closes with the first other answer. One per account.
 */
export interface Circuit {
  /** How long calls should stay away, ms; 0 lets this one through. */
  waitMs(monotonicMs: number): number;
  isOpen(): boolean;
  maintained(monotonicMs: number, random: number): void;
  answered(): void;
}

export function createCircuit(policy: BackoffPolicy): Circuit {
  let failures = 0;
  let openUntilMs = 0;
  return {
    waitMs(monotonicMs) {
      if (failures === 0) return 0;
      if (monotonicMs < openUntilMs) return Math.ceil(openUntilMs - monotonicMs);
      // This call is the probe: the others wait for its answer, or for as long again.
      openUntilMs = monotonicMs + policy.firstDelayMs;
      return 0;
    },
    isOpen: () => failures > 0,
    maintained(monotonicMs, random) {
      failures++;
      openUntilMs = monotonicMs + backoffDelayMs(policy, failures, random);
    },
    answered() {
      failures = 0;
    },
  };
}
