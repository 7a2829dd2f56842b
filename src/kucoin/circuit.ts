import type { BackoffPolicy } from '../core/backoff';
import { backoffDelayMs } from '../core/backoff';

/** What may be wrong with a whole account, judging by the pool's answers. */
export type Trouble = 'maintenance' | 'throttled' | 'refused';

export interface CircuitPolicy {
  /** How long the open circuit rejects all calls: longer with each probe that fails. */
  readonly pause: Readonly<Record<Trouble, BackoffPolicy>>;
  /**
   * This many answers in a row that show trouble open the circuit. Each must be to a request sent after the previous
   * answer was read.
   */
  readonly failureThreshold: number;
  /** A longer `Retry-After` is capped at this. */
  readonly longestPauseMs: number;
}

/** Why a call may not be sent, and for how long. */
export interface Rejection {
  readonly trouble: Trouble;
  readonly waitMs: number;
}

/** A call may be sent, perhaps as the probe. */
export interface Permission {
  readonly isProbe: boolean;
}

/** An answer that shows trouble, and the request that it answers. */
export interface TroubledAnswer {
  readonly trouble: Trouble;
  readonly dispatchedAtMs: number;
  readonly nowMs: number;
  readonly isProbe: boolean;
  readonly retryAfterMs: number | null;
  /** In [0, 1). */
  readonly random: number;
}

/** Calls to an endpoint that was refused wait longer by this share of the pause, so that others get the probe first. */
const REFUSED_EXTRA_SHARE = 0.3;
/** While a probe is in flight, other calls may retry after this. */
const PROBE_WAIT_MS = 3_000;

/**
 * The circuit breaker of one account. Closed: calls are sent. Open: none is sent until the pause is over, so that a ban
 * that every request prolongs can end. Half open: one call is sent, the probe, so that a pool that comes back gets one
 * request instead of a stampede; if it fails, the next pause is longer. Any answer without trouble closes the circuit,
 * except to requests sent before it opened. All times are monotonic ms.
 */
export class Circuit {
  private readonly policy: CircuitPolicy;
  private openState: {
    readonly trouble: Trouble;
    /** 1, plus one for each probe that failed. */
    readonly pauses: number;
    readonly untilMs: number;
    readonly pauseMs: number;
  } | null = null;
  private isProbing = false;
  private failures = 0;
  /** When the last answer that counted was read; answers to requests sent before that say nothing newer. */
  private troubledAtMs = -Infinity;

  constructor(policy: CircuitPolicy) {
    this.policy = policy;
  }

  isOpen(): boolean {
    return this.openState !== null;
  }

  /** How long calls have to wait, ms; 0 if one may be sent. */
  waitMs(nowMs: number, wasRefused = false): number {
    if (this.openState === null) return 0;
    const { trouble, untilMs, pauseMs } = this.openState;
    if (this.isProbing) return Math.min(PROBE_WAIT_MS, this.policy.pause[trouble].firstDelayMs);
    const openUntilMs = untilMs + (wasRefused ? pauseMs * REFUSED_EXTRA_SHARE : 0);
    return Math.max(0, Math.ceil(openUntilMs - nowMs));
  }

  /**
   * Asks whether one request may be sent. If the permission is the probe, the caller must call `releaseProbe`, however
   * it ends.
   */
  tryAcquire(nowMs: number, wasRefused: boolean): Permission | Rejection {
    const rejection = this.findRejection(nowMs, wasRefused);
    if (rejection === null) return { isProbe: false };
    if (rejection.waitMs > 0) return rejection;
    this.isProbing = true;
    return { isProbe: true };
  }

  /** Why a call other than the probe may not be sent, even if it was permitted before. */
  findRejection(nowMs: number, wasRefused = false): Rejection | null {
    if (this.openState === null) return null;
    return { trouble: this.openState.trouble, waitMs: this.waitMs(nowMs, wasRefused) };
  }

  releaseProbe(): void {
    this.isProbing = false;
  }

  /** Counts a failure; at the threshold the circuit opens, if `mayOpen`. A failed probe makes the next pause longer. */
  recordFailure(answer: TroubledAnswer, mayOpen: boolean): void {
    if (this.openState !== null) {
      this.open(answer);
    } else if (answer.dispatchedAtMs >= this.troubledAtMs) {
      this.failures++;
      this.troubledAtMs = answer.nowMs;
      if (mayOpen && this.failures >= this.policy.failureThreshold) this.open(answer);
    }
  }

  /** Opens the circuit. If it is already open, only a failed probe changes anything. */
  open({ trouble, nowMs, isProbe, retryAfterMs, random }: TroubledAnswer): void {
    if (this.openState !== null && !isProbe) return;
    const pauses = (this.openState?.pauses ?? 0) + 1;
    const ownMs = backoffDelayMs(this.policy.pause[trouble], pauses, random);
    const pauseMs = Math.max(ownMs, Math.min(retryAfterMs ?? 0, this.policy.longestPauseMs));
    this.openState = { trouble, pauses, pauseMs, untilMs: nowMs + pauseMs };
    this.troubledAtMs = nowMs;
  }

  /** The probe got no answer: repeats the same pause. */
  repeatPause(nowMs: number): void {
    if (this.openState !== null)
      this.openState = { ...this.openState, untilMs: nowMs + this.openState.pauseMs };
  }

  /**
   * A request with this key was answered. Closes the circuit and returns true, unless it was sent before the trouble
   * was seen.
   */
  recordSuccess(dispatchedAtMs: number): boolean {
    if (dispatchedAtMs < this.troubledAtMs) return false;
    this.openState = null;
    this.failures = 0;
    return true;
  }
}
