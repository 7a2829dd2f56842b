import type { ErrorCode } from '../core/errors';
import { KpoolError } from '../core/errors';
import type { PoolEndpoint } from '../core/pool-endpoint';
import type { AttemptContext } from './attempt';
import type { Obstacle, Passage, Trouble, TroubledAnswer } from './circuit';
import { Circuit } from './circuit';
import { REFUSED_HINT } from './error-table';
import type { Failure } from './failure';
import { clockDiffers, forbidden, refusedAlone, withRetryAfter } from './failure';
import type { Target } from './refusals';
import { Refusals } from './refusals';
import type { RetryPolicy } from './retry-policy';

/** The circuit of the account opened, and for how long, or closed again. */
export type CircuitEvent =
  | { readonly kind: 'opened'; readonly error: KpoolError; readonly forMs: number }
  | { readonly kind: 'closed' };

/** What the attempts of one call know of each other. */
export interface Course {
  readonly target: Target;
  isClockRetried: boolean;
  /** Of its first troubled answer, monotonic ms. */
  troubledSinceMs: number;
}

/** A request that failed. */
export interface Sent {
  readonly dispatchedAtMs: number;
  readonly isProbe: boolean;
  /** The call has no attempt left. */
  readonly isLast: boolean;
}

/** Nothing that knows the API key has answered. */
const NO_ANSWER: readonly ErrorCode[] = [
  'pool.unreachable',
  'pool.timeout',
  'pool.tls',
  'pool.malformed',
  'pool.server-error',
];

/** What a call fails with that did not leave. */
const OPEN = {
  maintenance: {
    code: 'pool.maintenance',
    says: 'The pool is under maintenance; nothing is asked for a while.',
    hint: 'It is tried again automatically.',
  },
  throttled: {
    code: 'pool.throttled',
    says: 'The pool keeps throttling this API key; nothing is asked for a while.',
    hint: 'It is tried again automatically; look for another program that uses the same API key.',
  },
  refused: {
    code: 'pool.throttled',
    says: 'The pool refuses whatever is asked with this API key: too many requests, or forbidden; nothing is asked for a while.',
    hint: REFUSED_HINT,
  },
} as const satisfies Record<Trouble, unknown>;

export interface AccountCircuitOptions {
  readonly context: Pick<AttemptContext, 'clock' | 'serverClock' | 'pacer' | 'fingerprint'>;
  readonly policy: RetryPolicy;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onEvent: (event: CircuitEvent) => void;
}

/**
 * What the calls of one account share: the circuit that pauses them all, and whether a refusal is about one list, about
 * the pace, or about the key.
 */
export class AccountCircuit {
  readonly #options: AccountCircuitOptions;
  readonly #circuit: Circuit;
  readonly #refusals: Refusals;

  constructor(options: AccountCircuitOptions) {
    this.#options = options;
    this.#circuit = new Circuit(options.policy.circuit);
    this.#refusals = new Refusals(options.policy.forbidden);
  }

  isOpen(): boolean {
    return this.#circuit.isOpen();
  }

  /** How long the open circuit pauses calls (to `endpoint`), ms; 0 when closed. */
  pauseMs(endpoint?: PoolEndpoint): number {
    const wasRefused = endpoint !== undefined && this.#refusals.wasEndpointRefused(endpoint);
    return this.#circuit.waitMs(this.#nowMs(), wasRefused);
  }

  /** Asks for leave for one request; whoever gets it as the probe calls `probeEnded` in the end. Throws when there is none. */
  enter(target: Target): Passage {
    this.#refusals.asked(target);
    const wasRefused = this.#refusals.wasEndpointRefused(target.endpoint) || this.#refusals.isAlone(target);
    const passage = this.#circuit.enter(this.#nowMs(), wasRefused);
    if ('trouble' in passage) throw notAsked(passage);
    return passage;
  }

  probeEnded(): void {
    this.#circuit.probeEnded();
  }

  /** A call that waited for its permit while the circuit opened does not leave. */
  findObstacle({ isProbe }: Passage): KpoolError | null {
    const obstacle = isProbe ? null : this.#circuit.findObstacle(this.#nowMs());
    return obstacle === null ? null : notAsked(obstacle);
  }

  answered(target: Target, dispatchedAtMs: number): void {
    this.#refusals.answered(target, dispatchedAtMs);
    this.#close(dispatchedAtMs);
  }

  /** Notes what a failure says about the account, and returns what it comes to when its neighbours are known. */
  judge(course: Course, failure: Failure, sent: Sent): KpoolError {
    const { error } = failure;
    const trouble = troubleOf(failure);
    if (trouble !== null) return this.#judgeTrouble(course, trouble, error, sent);
    if (!NO_ANSWER.includes(error.code)) this.#close(sent.dispatchedAtMs);
    else if (sent.isProbe) this.#circuit.probeLost(this.#nowMs());
    return failure.kind === 'clock' && course.isClockRetried
      ? clockDiffers(error, this.#options.context.serverClock.offsetMs())
      : error;
  }

  /** The failure that ends a call; in trouble it says how long the next one should wait, as `KpoolError` promises. */
  lastWord(error: KpoolError): KpoolError {
    if (error.retry !== 'after' && error.code !== 'pool.maintenance') return error;
    const knownMs = Math.max(this.pauseMs(), error.retryAfterMs ?? 0);
    if (knownMs > 0) return withRetryAfter(error, knownMs);
    return error.retry === 'after' ? withRetryAfter(error, this.#options.policy.throttled.maxDelayMs) : error;
  }

  #judgeTrouble(course: Course, trouble: Trouble, error: KpoolError, sent: Sent): KpoolError {
    const wasOpen = this.#circuit.isOpen();
    // Nothing new: neither the pace nor the key is to blame.
    if (trouble === 'refused' && !wasOpen && this.#refusals.isAlone(course.target))
      return refusedAlone(error);
    const nowMs = this.#nowMs();
    course.troubledSinceMs = Math.min(course.troubledSinceMs, nowMs);
    if (trouble === 'refused') this.#refusals.refused(course.target, nowMs, sent.isProbe);
    else this.#refusals.startOver();
    const random = this.#options.random();
    const answer = { ...sent, trouble, nowMs, retryAfterMs: error.retryAfterMs ?? null, random };
    if (trouble === 'maintenance') {
      if (sent.isLast || sent.isProbe) this.#circuit.open(answer);
    } else if (this.#isAlone(course, answer, sent.isLast)) {
      return this.#innocent(refusedAlone(error));
    }
    if (!wasOpen && this.#circuit.isOpen())
      this.#options.onEvent({ kind: 'opened', error, forMs: this.#circuit.waitMs(nowMs) });
    const isForbidden = trouble === 'refused' && this.#refusals.isForbidden(nowMs);
    return isForbidden ? this.#innocent(forbidden(error)) : error;
  }

  /** Counts a throttling or a refusal. True: the target is refused alone, as the end of a call shows. */
  #isAlone({ target, troubledSinceMs }: Course, answer: TroubledAnswer, isLast: boolean): boolean {
    const { pacer, fingerprint } = this.#options.context;
    const isThrottled = answer.trouble === 'throttled';
    const mayBeKey = isThrottled || this.#refusals.areSeveral();
    pacer.reportThrottled({ key: fingerprint, endpoint: target.endpoint }, isThrottled);
    this.#circuit.struck(answer, mayBeKey);
    if (!isLast || this.#circuit.isOpen()) return false;
    const areOthersAnswered = this.#refusals.wasAnsweredSince(troubledSinceMs);
    if (!areOthersAnswered && mayBeKey) this.#circuit.open(answer);
    if (!areOthersAnswered || isThrottled) return false;
    this.#refusals.markAlone(target);
    return true;
  }

  /** The pace had no part in it: what was concluded from uncertain reports is taken back. */
  #innocent(error: KpoolError): KpoolError {
    const { pacer, fingerprint } = this.#options.context;
    pacer.takeBackSuspicion(fingerprint);
    return error;
  }

  #close(dispatchedAtMs: number): void {
    const wasOpen = this.#circuit.isOpen();
    if (!this.#circuit.answered(dispatchedAtMs)) return;
    this.#refusals.startOver();
    if (wasOpen) this.#options.onEvent({ kind: 'closed' });
  }

  #nowMs(): number {
    return this.#options.context.clock.monotonicMs();
  }
}

function troubleOf({ error, kind }: Failure): Trouble | null {
  if (kind === 'throttled') return 'throttled';
  if (kind === 'ambiguous-403') return 'refused';
  return error.code === 'pool.maintenance' ? 'maintenance' : null;
}

/** The failure of a call that did not leave, since the circuit is open. */
function notAsked({ trouble, waitMs }: Obstacle): KpoolError {
  const { code, says, hint } = OPEN[trouble];
  return new KpoolError(code, says, { hint, retryAfterMs: waitMs });
}
