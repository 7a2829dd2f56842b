import { throwIfAborted } from '../core/clock';
import { KpoolError } from '../core/errors';
import type { AttemptContext } from './attempt';
import { attemptOnce } from './attempt';
import { createCircuit } from './circuit';
import type { Endpoint, EndpointName } from './endpoint';
import type { Failure } from './failure';
import { forbidden } from './failure';
import { createForbiddenWatch } from './forbidden-watch';
import type { RetryPolicy } from './retry-policy';
import { nextDelayMs } from './retry-policy';

export interface CallOptions {
  /** 1 is served first. */
  readonly priority: number;
  readonly signal?: AbortSignal;
  /** Called for every request of this call that leaves, retries included. */
  readonly onDispatch?: () => void;
}

/** Asks an endpoint until it answers, within the retry policy. */
export type Caller = <Query, Answer>(
  endpoint: Endpoint<Query, Answer>,
  query: Query,
  options: CallOptions,
) => Promise<Answer>;

/** Part of the delay between two throttled attempts that certainly lies between them, whatever the jitter. */
const SPACING_SHARE = 0.4;

/**
 * The retry loop above single attempts. It holds what one account's calls must know of each other: the circuit
 * of maintenance, and the 403 in a row. `closing` ends every call with `aborted`.
 */
export function createCaller(
  context: AttemptContext,
  policy: RetryPolicy,
  random: () => number,
  closing: AbortSignal,
): Caller {
  const { clock, serverClock } = context;
  const circuit = createCircuit(policy.maintenance);
  const watch = createForbiddenWatch(policy.forbiddenAfter, policy.throttled.firstDelayMs * SPACING_SHARE);

  /** What the failure comes to when its neighbours are known. */
  function judge(endpoint: EndpointName, failure: Failure, isClockRetried: boolean): Failure {
    const nowMs = clock.monotonicMs();
    if (failure.kind === 'ambiguous-403') {
      if (!watch.refused(endpoint, nowMs)) return failure;
      return { error: forbidden(failure.error), kind: 'plain' };
    }
    // A definite throttling answer says that the key is allowed in.
    if (failure.kind === 'throttled') watch.answered(endpoint);
    if (failure.kind === 'clock' && isClockRetried)
      return { error: clockDiffers(failure.error, serverClock.offsetMs()), kind: 'clock' };
    return failure;
  }

  async function run<Query, Answer>(
    endpoint: Endpoint<Query, Answer>,
    query: Query,
    { priority, onDispatch = () => undefined }: CallOptions,
    signal: AbortSignal,
  ): Promise<Answer> {
    let isClockRetried = false;
    // Every turn but the one after a corrected clock counts against `policy.attempts`, in `nextDelayMs`.
    for (let attempt = 1; ; attempt++) {
      throwIfAborted(signal);
      const waitMs = circuit.waitMs(clock.monotonicMs());
      if (waitMs > 0) throw underMaintenance(waitMs);
      const result = await attemptOnce(context, endpoint, query, { attempt, priority, signal, onDispatch });
      if ('value' in result) {
        circuit.answered();
        watch.answered(endpoint.name);
        return result.value;
      }
      const failure = judge(endpoint.name, result.failure, isClockRetried);
      if (failure.kind === 'clock' && !isClockRetried) {
        isClockRetried = true;
        continue;
      }
      const isMaintenance = failure.error.code === 'pool.maintenance';
      const countedAttempt = attempt - (isClockRetried ? 1 : 0);
      // While the circuit is open, one request is enough to see that the maintenance goes on.
      const delayMs =
        isMaintenance && circuit.isOpen() ? null : nextDelayMs(policy, countedAttempt, failure, random());
      if (!isMaintenance) circuit.answered();
      else if (delayMs === null) circuit.maintained(clock.monotonicMs(), random());
      if (delayMs === null) throw withDelay(failure.error, policy);
      await clock.sleep(delayMs, signal);
    }
  }

  return async (endpoint, query, options) => {
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    const sources = options.signal === undefined ? [closing] : [closing, options.signal];
    for (const source of sources) {
      if (source.aborted) abort();
      source.addEventListener('abort', abort, { once: true });
    }
    try {
      return await run(endpoint, query, options, controller.signal);
    } finally {
      for (const source of sources) source.removeEventListener('abort', abort);
    }
  };
}

/** A throttled call says how long its next one should wait, as `KpoolError` promises. */
function withDelay(error: KpoolError, policy: RetryPolicy): KpoolError {
  if (error.retry !== 'after' || error.retryAfterMs !== undefined) return error;
  return new KpoolError(error.code, error.message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    retryAfterMs: policy.throttled.maxDelayMs,
  });
}

function underMaintenance(waitMs: number): KpoolError {
  return new KpoolError('pool.maintenance', 'The pool is under maintenance; nothing is asked for a while.', {
    hint: 'It is tried again by itself.',
    retryAfterMs: waitMs,
  });
}

function clockDiffers(error: KpoolError, offsetMs: number): KpoolError {
  const seconds = (Math.abs(offsetMs) / 1_000).toFixed(1);
  const measured =
    offsetMs === 0
      ? 'although its clock, as far as its answers tell, agrees with the clock of this host'
      : `although the difference of ${seconds} s between its clock and this host's was made up for ` +
        `(this host is ${offsetMs > 0 ? 'behind' : 'ahead'})`;
  return new KpoolError('pool.clock', `The pool refuses the timestamp of the request, ${measured}.`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}
