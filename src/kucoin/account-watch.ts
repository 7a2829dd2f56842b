import type { ErrorCode, KpoolError } from '../core/errors';
import type { AttemptContext } from './attempt';
import { clockDiffers, keptQuiet, withRetryAfter } from './call-errors';
import type { Obstacle, Passage, Trouble } from './circuit';
import { Circuit } from './circuit';
import type { EndpointName } from './endpoint';
import type { Failure } from './failure';
import { forbidden, refusedAlone } from './failure';
import type { Target } from './forbidden-watch';
import { ForbiddenWatch } from './forbidden-watch';
import type { RetryPolicy } from './retry-policy';

/** The account's calls begin to stay away from the pool, and for how long, or they are let in again. */
export type QuietEvent =
  | { readonly kind: 'quiet'; readonly error: KpoolError; readonly forMs: number }
  | { readonly kind: 'let-in' };

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

export interface AccountWatchOptions {
  readonly context: Pick<AttemptContext, 'clock' | 'serverClock' | 'pacer' | 'fingerprint'>;
  readonly policy: RetryPolicy;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onQuiet: (event: QuietEvent) => void;
}

/**
 * What one account's calls must know of each other: when all of them stay away from the pool, and whether a refusal is
 * about one list, about the pace, or about the key.
 */
export class AccountWatch {
  readonly #options: AccountWatchOptions;
  readonly #circuit: Circuit;
  readonly #forbidden: ForbiddenWatch;

  constructor(options: AccountWatchOptions) {
    this.#options = options;
    this.#circuit = new Circuit(options.policy.circuit);
    this.#forbidden = new ForbiddenWatch(options.policy.forbidden);
  }

  isQuiet(): boolean {
    return this.#circuit.isOpen();
  }

  /** For so long no call will be made, to `endpoint`, ms. */
  quietMs(endpoint?: EndpointName): number {
    const wasRefused = endpoint !== undefined && this.#forbidden.wasEndpointRefused(endpoint);
    return this.#circuit.waitMs(this.#nowMs(), wasRefused);
  }

  /** Asks for leave for one request; whoever gets it as the probe calls `probeEnded` in the end. Throws `keptQuiet`. */
  enter(target: Target): Passage {
    this.#forbidden.asked(target);
    const passage = this.#circuit.enter(this.#nowMs(), this.#forbidden.wasRefused(target));
    if ('trouble' in passage) throw keptQuiet(passage);
    return passage;
  }

  probeEnded(): void {
    this.#circuit.probeEnded();
  }

  /** Whoever waited for a permit while the circuit opened does not leave any more. */
  findObstacle({ isProbe }: Passage): KpoolError | null {
    const obstacle: Obstacle | null = isProbe ? null : this.#circuit.findObstacle(this.#nowMs());
    return obstacle === null ? null : keptQuiet(obstacle);
  }

  answered(target: Target, dispatchedAtMs: number): void {
    this.#forbidden.answered(target, dispatchedAtMs);
    this.#letIn(dispatchedAtMs);
  }

  /** Notes what a failure says about the account, and returns what it comes to when its neighbours are known. */
  judge(course: Course, failure: Failure, sent: Sent): KpoolError {
    const { error } = failure;
    const trouble = troubleOf(failure);
    if (trouble !== null) return this.#judgeTrouble(course, trouble, error, sent);
    if (!NO_ANSWER.includes(error.code)) this.#letIn(sent.dispatchedAtMs);
    else if (sent.isProbe) this.#circuit.probeLost(this.#nowMs());
    return failure.kind === 'clock' && course.isClockRetried
      ? clockDiffers(error, this.#options.context.serverClock.offsetMs())
      : error;
  }

  /** The failure that ends a call; in trouble it says how long the next one should wait, as `KpoolError` promises. */
  lastWord(error: KpoolError): KpoolError {
    if (error.retry !== 'after' && error.code !== 'pool.maintenance') return error;
    const knownMs = Math.max(this.quietMs(), error.retryAfterMs ?? 0);
    if (knownMs > 0) return withRetryAfter(error, knownMs);
    return error.retry === 'after' ? withRetryAfter(error, this.#options.policy.throttled.maxDelayMs) : error;
  }

  #judgeTrouble(course: Course, trouble: Trouble, error: KpoolError, sent: Sent): KpoolError {
    const { context, random, onQuiet } = this.#options;
    const circuit = this.#circuit;
    const forbiddenWatch = this.#forbidden;
    const nowMs = this.#nowMs();
    const wasQuiet = circuit.isOpen();
    // Nothing new: neither the pace nor the key is to blame.
    if (trouble === 'refused' && forbiddenWatch.isClosed(course.target) && !wasQuiet)
      return refusedAlone(error);
    course.troubledSinceMs = Math.min(course.troubledSinceMs, nowMs);
    const answer = { ...sent, trouble, nowMs, retryAfterMs: error.retryAfterMs ?? null, random: random() };
    if (trouble === 'refused') forbiddenWatch.refused(course.target, nowMs, sent.isProbe);
    else forbiddenWatch.startOver();
    const mayBeKey = trouble === 'throttled' || (trouble === 'refused' && forbiddenWatch.isWide());
    if (trouble === 'maintenance') {
      if (sent.isLast || sent.isProbe) circuit.open(answer);
    } else {
      const bucket = { key: context.fingerprint, endpoint: course.target.endpoint };
      context.pacer.reportThrottled(bucket, trouble === 'throttled');
      circuit.struck(answer, mayBeKey);
    }
    if (sent.isLast && !circuit.isOpen()) {
      const areOthersLetIn = forbiddenWatch.wasLetInSince(course.troubledSinceMs);
      if (areOthersLetIn && trouble === 'refused') {
        forbiddenWatch.close(course.target);
        context.pacer.takeBackSuspicion(context.fingerprint);
        return refusedAlone(error);
      }
      if (!areOthersLetIn && mayBeKey) circuit.open(answer);
    }
    if (!wasQuiet && circuit.isOpen()) onQuiet({ kind: 'quiet', error, forMs: circuit.waitMs(nowMs) });
    if (trouble !== 'refused' || !forbiddenWatch.isForbidden(nowMs)) return error;
    context.pacer.takeBackSuspicion(context.fingerprint);
    return forbidden(error);
  }

  #letIn(dispatchedAtMs: number): void {
    const wasQuiet = this.#circuit.isOpen();
    if (!this.#circuit.answered(dispatchedAtMs)) return;
    this.#forbidden.startOver();
    if (wasQuiet) this.#options.onQuiet({ kind: 'let-in' });
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
