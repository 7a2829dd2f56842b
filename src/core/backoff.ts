export interface BackoffPolicy {
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  readonly factor: number;
}

/**
 * Delay before attempt `attempt + 1`, after `attempt` (1, 2, …) failed: exponential, capped, with full jitter
 * in its upper half so that many waiters spread out. `random` is in [0, 1).
 */
export function backoffDelayMs(policy: BackoffPolicy, attempt: number, random: number): number {
  const ceiling = Math.min(policy.maxDelayMs, policy.firstDelayMs * policy.factor ** (attempt - 1));
  return Math.round(ceiling / 2 + (ceiling / 2) * random);
}
