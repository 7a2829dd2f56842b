import type { BackoffPolicy } from '../core/backoff';
import { backoffDelayMs } from '../core/backoff';

/** What may be wrong with a whole account, as its answers tell. */
export type Trouble = 'maintenance' | 'throttled' | 'refused';

export interface CircuitPolicy {
  /** How long calls stay away, by what is wrong: longer with each probe that failed. */
  readonly quiet: Readonly<Record<Trouble, BackoffPolicy>>;
  /** That many troubled answers in a row, each to a request that left after the one before was read, open the circuit. */
  readonly strikes: number;
  /** A longer `Retry-After` is not believed. */
  readonly longestQuietMs: number;
}

/** Why and how long a call has to stay away. */
export interface Obstacle {
  readonly trouble: Trouble;
  readonly waitMs: number;
}

/** A call may go on, perhaps as the one that is let through. */
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

/** Whoever was refused already leaves the probe to others for this part of the quiet: they may be let in. */
const COURTESY_SHARE = 0.3;
/** The others come back to see what became of a probe after so long. */
const PROBE_TAKES_MS = 3_000;

/**
 * Keeps the calls of one account away from a pool that is under maintenance or refuses it, so that a ban that every
 * request prolongs can end, and the pool's return is met by one request and not by a stampede. Closed at first; once
 * open, it lets one call through when its time is over (the probe), stays away longer when that one fails, and closes
 * with any sound answer. What was in flight when it opened says nothing any more. All times are monotonic ms.
 */
export class Circuit {
  readonly #policy: CircuitPolicy;
  #open: {
    readonly trouble: Trouble;
    readonly failures: number;
    readonly untilMs: number;
    readonly quietMs: number;
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

  /** How long calls should stay away, ms; 0 when one may come. */
  waitMs(nowMs: number, wasRefused = false): number {
    if (this.#open === null) return 0;
    const { trouble, untilMs, quietMs } = this.#open;
    if (this.#isProbing) return Math.min(PROBE_TAKES_MS, this.#policy.quiet[trouble].firstDelayMs);
    const openUntilMs = untilMs + (wasRefused ? quietMs * COURTESY_SHARE : 0);
    return Math.max(0, Math.ceil(openUntilMs - nowMs));
  }

  /** Asks for leave for one request. Whoever gets it as the probe calls `probeEnded`, whatever comes. */
  enter(nowMs: number, wasRefused: boolean): Passage | Obstacle {
    if (this.#open === null) return { isProbe: false };
    const waitMs = this.waitMs(nowMs, wasRefused);
    if (waitMs > 0) return { waitMs, trouble: this.#open.trouble };
    this.#isProbing = true;
    return { isProbe: true };
  }

  /** What keeps a call that is no probe from leaving, though it got its leave before. */
  findObstacle(nowMs: number): Obstacle | null {
    if (this.#open === null) return null;
    return { trouble: this.#open.trouble, waitMs: this.waitMs(nowMs) };
  }

  probeEnded(): void {
    this.#isProbing = false;
  }

  /** Counts a strike; with the last one the circuit opens, if `mayOpen`. A probe's failure makes the quiet longer. */
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
    const ownMs = backoffDelayMs(this.#policy.quiet[trouble], failures, random);
    const quietMs = Math.max(ownMs, Math.min(retryAfterMs ?? 0, this.#policy.longestQuietMs));
    this.#open = { trouble, failures, quietMs, untilMs: nowMs + quietMs };
    this.#troubledAtMs = nowMs;
  }

  /** The probe came to no answer: as long again. */
  probeLost(nowMs: number): void {
    if (this.#open !== null) this.#open = { ...this.#open, untilMs: nowMs + this.#open.quietMs };
  }

  /** The account is let in. True if that is new: the request left after the trouble was seen. */
  answered(dispatchedAtMs: number): boolean {
    if (dispatchedAtMs < this.#troubledAtMs) return false;
    this.#open = null;
    this.#strikes = 0;
    return true;
  }
}
