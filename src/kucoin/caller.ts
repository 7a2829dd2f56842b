import { throwIfAborted } from '../core/clock';
import type { CallOptions } from '../domain/call-options';
import type { AccountCircuit, CallState, FailedAttempt } from './account-circuit';
import type { AttemptContext } from './attempt';
import { attemptOnce } from './attempt';
import type { Endpoint } from './endpoint';
import type { CallFailure } from './failure';
import type { RetryPolicy } from './retry-policy';
import { nextDelayMs } from './retry-policy';

/** Asks an endpoint until it answers, within the retry policy. */
export type Caller = <Query, Answer>(
  endpoint: Endpoint<Query, Answer>,
  query: Query,
  options: CallOptions,
) => Promise<Answer>;

export interface CallerOptions {
  readonly policy: RetryPolicy;
  /** In [0, 1). */
  readonly random: () => number;
  /** Ends every call with `aborted`. */
  readonly closing: AbortSignal;
}

/** The retry loop around single attempts, through `circuit`, which all calls of the account share. */
export function createCaller(
  context: AttemptContext,
  circuit: AccountCircuit,
  options: CallerOptions,
): Caller {
  return async (endpoint, query, callOptions) => {
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    const sources =
      callOptions.signal === undefined ? [options.closing] : [options.closing, callOptions.signal];
    for (const source of sources) {
      if (source.aborted) abort();
      source.addEventListener('abort', abort, { once: true });
    }
    const { signal } = controller;
    const call = new PoolCall(context, circuit, options, { endpoint, query, ...callOptions, signal });
    try {
      return await call.run();
    } finally {
      for (const source of sources) source.removeEventListener('abort', abort);
    }
  };
}

interface CallRequest<Query, Answer> extends CallOptions {
  readonly endpoint: Endpoint<Query, Answer>;
  readonly query: Query;
  readonly signal: AbortSignal;
}

/** One call: its attempts, until one succeeds or no more are allowed. */
class PoolCall<Query, Answer> {
  private readonly state: CallState;

  constructor(
    private readonly context: AttemptContext,
    private readonly circuit: AccountCircuit,
    private readonly options: CallerOptions,
    private readonly request: CallRequest<Query, Answer>,
  ) {
    const { puid = '', algo = '' } = request.endpoint.params(request.query);
    this.state = {
      target: { endpoint: request.endpoint.name, puid, algo },
      isClockRetried: false,
      troubledSinceMs: Infinity,
    };
  }

  async run(): Promise<Answer> {
    // `delayAfter` ends it: each attempt counts against `policy.attempts`, except one after a corrected clock.
    for (let attempt = 1; ; attempt++) {
      const { signal } = this.request;
      throwIfAborted(signal);
      const result = await this.attempt(attempt);
      if ('value' in result) return result.value;
      if (result.delayMs > 0) await this.context.clock.sleep(result.delayMs, signal);
    }
  }

  /** The answer, or the delay before the next attempt, ms. Throws if there will be none. */
  private async attempt(attempt: number): Promise<{ readonly value: Answer } | { readonly delayMs: number }> {
    const { context, circuit, request, state } = this;
    const permission = circuit.acquire(state.target);
    let dispatchedAtMs = -Infinity;
    try {
      const result = await attemptOnce(context, request.endpoint, request.query, {
        attempt,
        priority: request.priority,
        signal: request.signal,
        findRejection: () => circuit.findRejection(permission),
        onDispatch: () => {
          dispatchedAtMs = context.clock.monotonicMs();
          request.onDispatch?.();
        },
      });
      if ('failure' in result) {
        const failed = { dispatchedAtMs, isProbe: permission.isProbe };
        return { delayMs: this.delayAfter(attempt, result.failure, failed) };
      }
      circuit.recordSuccess(state.target, dispatchedAtMs);
      return result;
    } finally {
      if (permission.isProbe) circuit.releaseProbe();
    }
  }

  private delayAfter(attempt: number, failure: CallFailure, failed: Omit<FailedAttempt, 'isLast'>): number {
    const { circuit, state } = this;
    const { policy, random } = this.options;
    const delayMs = nextDelayMs(policy, attempt - (state.isClockRetried ? 1 : 0), failure, random());
    const error = circuit.recordFailure(state, failure, { ...failed, isLast: delayMs === null });
    if (failure.kind === 'clock' && !state.isClockRetried) {
      state.isClockRetried = true;
      return 0;
    }
    // While the circuit is open, one request is enough to see that the trouble persists.
    const isOver = circuit.isOpen() || error.code !== failure.error.code;
    if (delayMs === null || isOver) throw circuit.finalError(error);
    return delayMs;
  }
}
