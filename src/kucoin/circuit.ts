import type { BackoffPolicy } from '../core/backoff';
import { backoffDelayMs } from '../core/backoff';

/** What may be wrong with a whole account, as its answers tell. */
export type Trouble = 'maintenance' | 'throttled' | 'refused';

export interface CircuitPolicy {
  /** How long the open circuit pauses all calls: longer with each probe that failed. */
  readonly pause: Readonly<Record<Trouble, BackoffPolicy>>;
  /** This many troubled answers in a row, each to a request that left after the one before was read, open the circuit. */
  readonly strikes: number;
  /** A longer `Retry-After` is not believed. */
  readonly longestPauseMs: number;
}

/** Why a call may not leave, and for how long. */
export interface Obstacle {
  readonly trouble: Trouble;
  readonly waitMs: number;
}

/** A call may leave, perhaps as the probe. */
export interface Passage {
  readonly isProbe: boolean;
}

/** A troubled answer, and to whom it came. */
export interface TroubledAnswer {
  readonly trouble: Trouble;
  readonly dispatchedAtMs: number;
  readonly nowMs: number;
  readonly isProbe: boolean;
  readonly retryAfterMs: number | null;
  /** In [0, 1). */
  readonly random: number;
}

/** Whoever was refused already leaves the probe to others for this part of the pause: they may be let in. */
const COURTESY_SHARE = 0.3;
/** The others come back after this to see what became of a probe. */
const PROBE_TAKES_MS = 3_000;

/**
 * The circuit breaker of one account. Closed: calls leave. Open: none leaves until the pause is over, so that a ban that
 * every request prolongs can end. Half open: one call leaves (the probe), so that the pool's return is met by one request
 * and not by a stampede; its failure opens the circuit for longer. Any sound answer closes it, but for answers to what
 * was in flight when it opened. All times are monotonic ms.
 */
export class Circuit {
  readonly #policy: CircuitPolicy;
  #open: {
    readonly trouble: Trouble;
    readonly failures: number;
    readonly untilMs: number;
    readonly pauseMs: number;
  } | null = null;
  #isProbing = false;
  #strikes = 0;
  /** Of the last answer that counted; requests that left earlier tell nothing newer. */
  #troubledAtMs = -Infinity;

  constructor(policy: CircuitPolicy) {
    this.#policy = policy;
  }

  isOpen(): boolean {
    return this.#open !== null;
  }

  /** How long calls have to wait, ms; 0 when one may leave. */
  waitMs(nowMs: number, wasRefused = false): number {
    if (this.#open === null) return 0;
    const { trouble, untilMs, pauseMs } = this.#open;
    if (this.#isProbing) return Math.min(PROBE_TAKES_MS, this.#policy.pause[trouble].firstDelayMs);
    const openUntilMs = untilMs + (wasRefused ? pauseMs * COURTESY_SHARE : 0);
    return Math.max(0, Math.ceil(openUntilMs - nowMs));
  }

  /** Asks for leave for one request. Whoever gets it as the probe calls `probeEnded`, whatever comes. */
  enter(nowMs: number, wasRefused: boolean): Passage | Obstacle {
    const obstacle = this.findObstacle(nowMs, wasRefused);
    if (obstacle === null) return { isProbe: false };
    if (obstacle.waitMs > 0) return obstacle;
    this.#isProbing = true;
    return { isProbe: true };
  }

  /** What keeps a call that is no probe from leaving, also when it got its leave before. */
  findObstacle(nowMs: number, wasRefused = false): Obstacle | null {
    if (this.#open === null) return null;
    return { trouble: this.#open.trouble, waitMs: this.waitMs(nowMs, wasRefused) };
  }

  probeEnded(): void {
    this.#isProbing = false;
  }

  /** Counts a strike; with the last one the circuit opens, if `mayOpen`. A probe's failure makes the pause longer. */
  struck(answer: TroubledAnswer, mayOpen: boolean): void {
    if (this.#open !== null) {
      this.open(answer);
    } else if (answer.dispatchedAtMs >= this.#troubledAtMs) {
      this.#strikes++;
      this.#troubledAtMs = answer.nowMs;
      if (mayOpen && this.#strikes >= this.#policy.strikes) this.open(answer);
    }
  }

  /** A call has given up. Opens the circuit; if it is open, only the probe's failure counts. */
  open({ trouble, nowMs, isProbe, retryAfterMs, random }: TroubledAnswer): void {
    if (this.#open !== null && !isProbe) return;
    const failures = (this.#open?.failures ?? 0) + 1;
    const ownMs = backoffDelayMs(this.#policy.pause[trouble], failures, random);
    const pauseMs = Math.max(ownMs, Math.min(retryAfterMs ?? 0, this.#policy.longestPauseMs));
    this.#open = { trouble, failures, pauseMs, untilMs: nowMs + pauseMs };
    this.#troubledAtMs = nowMs;
  }

  /** The probe came to no answer: the same pause again. */
  probeLost(nowMs: number): void {
    if (this.#open !== null) this.#open = { ...this.#open, untilMs: nowMs + this.#open.pauseMs };
  }

  /** The key was answered. True, and closed, unless the request left before the trouble was seen. */
  answered(dispatchedAtMs: number): boolean {
    if (dispatchedAtMs < this.#troubledAtMs) return false;
    this.#open = null;
    this.#strikes = 0;
    return true;
  }
}
