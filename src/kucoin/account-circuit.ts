import type { ErrorCode } from '../core/errors';
import { KpoolError } from '../core/errors';
import type { PoolEndpoint } from '../core/pool-endpoint';
import type { AttemptContext } from './attempt';
import type { Permission, Rejection, Trouble, TroubledAnswer } from './circuit';
import { Circuit } from './circuit';
import { REFUSED_HINT } from './error-table';
import type { CallFailure } from './failure';
import { clockDiffers, forbidden, refusedAlone, withRetryAfter } from './failure';
import type { RequestTarget } from './refusals';
import { Refusals } from './refusals';
import type { RetryPolicy } from './retry-policy';

/** The circuit of the account opened for `forMs`, or closed again. */
export type CircuitEvent =
  | { readonly kind: 'opened'; readonly error: KpoolError; readonly forMs: number }
  | { readonly kind: 'closed' };

/** What the attempts of one call share. */
export interface CallState {
  readonly target: RequestTarget;
  isClockRetried: boolean;
  /** When its first answer that showed trouble was read, monotonic ms; Infinity before. */
  troubledSinceMs: number;
}

/** A request that failed. */
export interface FailedAttempt {
  readonly dispatchedAtMs: number;
  readonly isProbe: boolean;
  /** The call has no attempt left. */
  readonly isLast: boolean;
}

/** Failures in which nothing answered that has checked the API key. */
const NO_ANSWER: readonly ErrorCode[] = [
  'pool.unreachable',
  'pool.timeout',
  'pool.tls',
  'pool.malformed',
  'pool.server-error',
];

/** The error of a call that the open circuit rejects. */
const OPEN = {
  maintenance: {
    code: 'pool.maintenance',
    says: 'The pool is under maintenance; no request is sent for a while.',
    hint: 'It is retried automatically.',
  },
  throttled: {
    code: 'pool.throttled',
    says: 'The pool keeps throttling this API key; no request is sent for a while.',
    hint: 'It is retried automatically; look for another program that uses the same API key.',
  },
  refused: {
    code: 'pool.throttled',
    says: 'The pool refuses whatever is asked with this API key: too many requests, or forbidden; no request is sent for a while.',
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
 * State shared by the calls of one account: the circuit that rejects them all while it is open, and whether a refusal
 * concerns one list, the pace, or the key.
 */
export class AccountCircuit {
  private readonly options: AccountCircuitOptions;
  private readonly circuit: Circuit;
  private readonly refusals: Refusals;

  constructor(options: AccountCircuitOptions) {
    this.options = options;
    this.circuit = new Circuit(options.policy.circuit);
    this.refusals = new Refusals(options.policy.forbidden);
  }

  isOpen(): boolean {
    return this.circuit.isOpen();
  }

  /** How long the open circuit rejects calls (to `endpoint`), ms; 0 when closed. */
  pauseMs(endpoint?: PoolEndpoint): number {
    const wasRefused = endpoint !== undefined && this.refusals.wasEndpointRefused(endpoint);
    return this.circuit.waitMs(this.nowMs(), wasRefused);
  }

  /**
   * Permits one request, or throws. If the permission is the probe, the caller must call `releaseProbe`, however it
   * ends.
   */
  acquire(target: RequestTarget): Permission {
    this.refusals.asked(target);
    const wasRefused = this.refusals.wasEndpointRefused(target.endpoint) || this.refusals.isAlone(target);
    const permission = this.circuit.tryAcquire(this.nowMs(), wasRefused);
    if ('trouble' in permission) throw circuitOpen(permission);
    return permission;
  }

  releaseProbe(): void {
    this.circuit.releaseProbe();
  }

  /** Why a permitted call may not be sent after all: the circuit opened while it waited for its slot. */
  findRejection({ isProbe }: Permission): KpoolError | null {
    const rejection = isProbe ? null : this.circuit.findRejection(this.nowMs());
    return rejection === null ? null : circuitOpen(rejection);
  }

  recordSuccess(target: RequestTarget, dispatchedAtMs: number): void {
    this.refusals.answered(target, dispatchedAtMs);
    this.close(dispatchedAtMs);
  }

  /**
   * Records what a failure says about the account. Returns the error, reclassified in view of the answers to other
   * calls.
   */
  recordFailure(call: CallState, failure: CallFailure, attempt: FailedAttempt): KpoolError {
    const { error } = failure;
    const trouble = troubleOf(failure);
    if (trouble !== null) return this.recordTrouble(call, trouble, error, attempt);
    if (!NO_ANSWER.includes(error.code)) this.close(attempt.dispatchedAtMs);
    else if (attempt.isProbe) this.circuit.repeatPause(this.nowMs());
    return failure.kind === 'clock' && call.isClockRetried
      ? clockDiffers(error, this.options.context.serverClock.offsetMs())
      : error;
  }

  /** The error that ends a call. In trouble it says how long the next call should wait, as `KpoolError` promises. */
  finalError(error: KpoolError): KpoolError {
    if (error.retry !== 'after' && error.code !== 'pool.maintenance') return error;
    const knownMs = Math.max(this.pauseMs(), error.retryAfterMs ?? 0);
    if (knownMs > 0) return withRetryAfter(error, knownMs);
    return error.retry === 'after' ? withRetryAfter(error, this.options.policy.throttled.maxDelayMs) : error;
  }

  private recordTrouble(
    call: CallState,
    trouble: Trouble,
    error: KpoolError,
    attempt: FailedAttempt,
  ): KpoolError {
    const wasOpen = this.circuit.isOpen();
    const isRefused = trouble === 'refused';
    // Known to be refused alone: neither the pace nor the key is to blame.
    if (isRefused && !wasOpen && this.refusals.isAlone(call.target)) return refusedAlone(error);
    const nowMs = this.nowMs();
    call.troubledSinceMs = Math.min(call.troubledSinceMs, nowMs);
    if (isRefused) this.refusals.refused(call.target, nowMs, attempt.isProbe);
    else this.refusals.startOver();
    const random = this.options.random();
    const answer = { ...attempt, trouble, nowMs, retryAfterMs: error.retryAfterMs ?? null, random };
    if (trouble !== 'maintenance') this.countAgainstKey(call, answer, attempt.isLast);
    else if (attempt.isLast || attempt.isProbe) this.circuit.open(answer);
    const isOpen = this.circuit.isOpen();
    if (isOpen && !wasOpen)
      this.options.onEvent({ kind: 'opened', error, forMs: this.circuit.waitMs(nowMs) });
    if (!isRefused) return error;
    if (attempt.isLast && !isOpen && this.refusals.wasAnsweredSince(call.troubledSinceMs)) {
      this.refusals.markAlone(call.target);
      this.retractThrottleReport();
      return refusedAlone(error);
    }
    if (!this.refusals.isForbidden(nowMs)) return error;
    this.retractThrottleReport();
    return forbidden(error);
  }

  /** Opens the circuit if enough was throttled or refused, or if a call gave up and nothing else was answered. */
  private countAgainstKey(
    { target, troubledSinceMs }: CallState,
    answer: TroubledAnswer,
    isLast: boolean,
  ): void {
    const { pacer, fingerprint } = this.options.context;
    const isThrottled = answer.trouble === 'throttled';
    const mayBeKey = isThrottled || this.refusals.areSeveral();
    pacer.reportThrottled({ key: fingerprint, endpoint: target.endpoint }, isThrottled);
    this.circuit.recordFailure(answer, mayBeKey);
    const hasGivenUp = isLast && !this.refusals.wasAnsweredSince(troubledSinceMs);
    if (hasGivenUp && mayBeKey && !this.circuit.isOpen()) this.circuit.open(answer);
  }

  /** The pace was not to blame: undoes what the pacer concluded from uncertain reports. */
  private retractThrottleReport(): void {
    const { pacer, fingerprint } = this.options.context;
    pacer.retractUncertainReports(fingerprint);
  }

  private close(dispatchedAtMs: number): void {
    const wasOpen = this.circuit.isOpen();
    if (!this.circuit.recordSuccess(dispatchedAtMs)) return;
    this.refusals.startOver();
    if (wasOpen) this.options.onEvent({ kind: 'closed' });
  }

  private nowMs(): number {
    return this.options.context.clock.monotonicMs();
  }
}

function troubleOf({ error, kind }: CallFailure): Trouble | null {
  if (kind === 'throttled') return 'throttled';
  if (kind === 'ambiguous-403') return 'refused';
  return error.code === 'pool.maintenance' ? 'maintenance' : null;
}

/** The error of a call that the open circuit rejects. */
function circuitOpen({ trouble, waitMs }: Rejection): KpoolError {
  const { code, says, hint } = OPEN[trouble];
  return new KpoolError(code, says, { hint, retryAfterMs: waitMs });
}
