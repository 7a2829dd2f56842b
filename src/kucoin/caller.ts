import { throwIfAborted } from '../core/clock';
import type { CallOptions } from '../domain/call-options';
import type { AccountCircuit, Course } from './account-circuit';
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

/** The retry loop above single attempts, through `circuit`, which all of the account's calls share. */
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
    const course: Course = {
      target: { endpoint: endpoint.name, puid, algo },
      isClockRetried: false,
      troubledSinceMs: Infinity,
    };
    // Every turn but the one after a corrected clock counts against `policy.attempts`, in `nextDelayMs`.
    for (let attempt = 1; ; attempt++) {
      throwIfAborted(signal);
      const passage = circuit.enter(course.target);
      const { isProbe } = passage;
      let dispatchedAtMs = -Infinity;
      let delayMs: number | null;
      try {
        const result = await attemptOnce(context, endpoint, query, {
          attempt,
          priority,
          signal,
          findObstacle: () => circuit.findObstacle(passage),
          onDispatch: () => {
            dispatchedAtMs = clock.monotonicMs();
            onDispatch();
          },
        });
        if ('value' in result) {
          circuit.answered(course.target, dispatchedAtMs);
          return result.value;
        }
        const { failure } = result;
        delayMs = nextDelayMs(policy, attempt - (course.isClockRetried ? 1 : 0), failure, random());
        const error = circuit.judge(course, failure, { dispatchedAtMs, isProbe, isLast: delayMs === null });
        if (failure.kind === 'clock' && !course.isClockRetried) {
          course.isClockRetried = true;
          continue;
        }
        // While the circuit is open, one request is enough to see that the trouble goes on.
        const isOver = circuit.isOpen() || error.code !== failure.error.code;
        if (delayMs === null || isOver) throw circuit.lastWord(error);
      } finally {
        if (isProbe) circuit.probeEnded();
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
