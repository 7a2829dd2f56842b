import { throwIfAborted } from '../core/clock';
import type { CallOptions } from '../domain/call-options';
import type { AccountCircuit, CallState } from './account-circuit';
import type { AttemptContext } from './attempt';
import { attemptOnce } from './attempt';
import type { Endpoint } from './endpoint';
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
  const { policy, random, closing } = options;
  const { clock } = context;

  async function run<Query, Answer>(
    endpoint: Endpoint<Query, Answer>,
    query: Query,
    { priority, onDispatch = () => undefined }: CallOptions,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { puid = '', algo = '' } = endpoint.params(query);
    const call: CallState = {
      target: { endpoint: endpoint.name, puid, algo },
      isClockRetried: false,
      troubledSinceMs: Infinity,
    };
    // `nextDelayMs` ends it: each turn counts against `policy.attempts`, except the one after a corrected clock.
    for (let attempt = 1; ; attempt++) {
      throwIfAborted(signal);
      const permission = circuit.acquire(call.target);
      const { isProbe } = permission;
      let dispatchedAtMs = -Infinity;
      let delayMs: number | null;
      try {
        const result = await attemptOnce(context, endpoint, query, {
          attempt,
          priority,
          signal,
          findRejection: () => circuit.findRejection(permission),
          onDispatch: () => {
            dispatchedAtMs = clock.monotonicMs();
            onDispatch();
          },
        });
        if ('value' in result) {
          circuit.recordSuccess(call.target, dispatchedAtMs);
          return result.value;
        }
        const { failure } = result;
        delayMs = nextDelayMs(policy, attempt - (call.isClockRetried ? 1 : 0), failure, random());
        const isLast = delayMs === null;
        const error = circuit.recordFailure(call, failure, { dispatchedAtMs, isProbe, isLast });
        if (failure.kind === 'clock' && !call.isClockRetried) {
          call.isClockRetried = true;
          continue;
        }
        // While the circuit is open, one request is enough to see that the trouble persists.
        const isOver = circuit.isOpen() || error.code !== failure.error.code;
        if (delayMs === null || isOver) throw circuit.finalError(error);
      } finally {
        if (isProbe) circuit.releaseProbe();
      }
      await clock.sleep(delayMs, signal);
    }
  }

  return async (endpoint, query, callOptions) => {
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    const sources = callOptions.signal === undefined ? [closing] : [closing, callOptions.signal];
    for (const source of sources) {
      if (source.aborted) abort();
      source.addEventListener('abort', abort, { once: true });
    }
    try {
      return await run(endpoint, query, callOptions, controller.signal);
    } finally {
      for (const source of sources) source.removeEventListener('abort', abort);
    }
  };
}
