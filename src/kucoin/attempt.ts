import type { Clock } from '../core/clock';
import type { ErrorCode } from '../core/errors';
import { KpoolError } from '../core/errors';
import type { PacedBucket, Pacer, Permit } from '../core/pacer';
import type { PoolEndpoint } from '../core/pool-endpoint';
import { interpretAnswer } from './answer';
import type { Endpoint } from './endpoint';
import type { CallFailure } from './failure';
import { safeSystemCode } from './failure';
import type { Redactor } from './redaction';
import type { ServerClock } from './server-clock';
import type { Params } from './signing';
import type { RawAnswer, Transport, TransportResult } from './transport';

/** A permit expires unused only when this process stalls for a second. */
const MAX_EXPIRED_PERMITS = 10;

/** One request, for metrics and logs, without address, parameters or credentials (P10). */
export interface PoolAttempt {
  readonly endpoint: PoolEndpoint;
  /** 1 for the first request of a call. */
  readonly attempt: number;
  /** From the dispatch to the last byte, or to the failure. */
  readonly durationMs: number;
  readonly httpStatus: number | null;
  readonly systemCode: string | null;
  readonly outcome: 'ok' | ErrorCode;
  /** Of the body, as transferred. */
  readonly bytes: number;
}

export interface AttemptContext {
  readonly transport: Transport;
  readonly pacer: Pacer;
  readonly clock: Clock;
  readonly serverClock: ServerClock;
  readonly redactor: Redactor;
  readonly fingerprint: string;
  /** The path and query of a request, signed now. */
  readonly sign: (endpoint: PoolEndpoint, params: Params) => string;
  readonly onDispatch: () => void;
  readonly onAttempt: (attempt: PoolAttempt) => void;
}

export interface AttemptOptions {
  readonly attempt: number;
  readonly priority: number;
  readonly signal: AbortSignal;
  /** Why the request may not be sent; asked again once it has its permit. */
  readonly findRejection: () => KpoolError | null;
  /** Called when the request is sent, for the caller's own count. */
  readonly onDispatch: () => void;
}

export type AttemptResult<Answer> = { readonly value: Answer } | { readonly failure: CallFailure };

/**
 * One permit, one dispatch, one answer. Throws what the pacer throws and what `findRejection` returns; everything else is
 * a classified failure.
 */
export async function attemptOnce<Query, Answer>(
  context: AttemptContext,
  endpoint: Endpoint<Query, Answer>,
  query: Query,
  options: AttemptOptions,
): Promise<AttemptResult<Answer>> {
  const { clock, serverClock, redactor } = context;
  const bucket = { key: context.fingerprint, endpoint: endpoint.name };
  const permit = await acquirePermit(context.pacer, bucket, options);
  const startedMs = clock.monotonicMs();
  let result: TransportResult;
  try {
    context.onDispatch();
    options.onDispatch();
    result = await context.transport.get(context.sign(endpoint.name, endpoint.params(query)), options.signal);
  } finally {
    permit.answered();
  }
  const durationMs = clock.monotonicMs() - startedMs;
  const facts = { endpoint: endpoint.name, attempt: options.attempt, durationMs, bytes: result.bytes };
  if ('error' in result) {
    const { error, httpStatus } = result;
    context.onAttempt({ ...facts, httpStatus, systemCode: null, outcome: error.code });
    return { failure: { error, kind: 'plain' } };
  }
  const { answer } = result;
  const { envelope, outcome } = interpretAnswer(
    endpoint,
    answer,
    { query, poolNowMs: serverClock.now(), answeredAtMs: answer.completedAtMs },
    redactor,
  );
  // Only the pool's own answers tell its time: a proxy's error page has the proxy's.
  if (envelope !== null) observeDate(serverClock, answer);
  context.onAttempt({
    ...facts,
    httpStatus: answer.httpStatus,
    systemCode: safeSystemCode(envelope, redactor),
    outcome: 'failure' in outcome ? outcome.failure.error.code : 'ok',
  });
  return outcome;
}

async function acquirePermit(pacer: Pacer, bucket: PacedBucket, options: AttemptOptions): Promise<Permit> {
  const { priority, signal } = options;
  for (let expired = 0; expired < MAX_EXPIRED_PERMITS; expired++) {
    const permit = await pacer.acquire({ bucket, priority, signal });
    const rejection = options.findRejection();
    if (rejection === null && permit.use()) return permit;
    permit.answered();
    if (rejection !== null) throw rejection;
  }
  throw new KpoolError('pacing.unavailable', `${MAX_EXPIRED_PERMITS} permits in a row expired unused.`, {
    hint: 'This process gets too little CPU: give it more, or run fewer processes on this host.',
  });
}

function observeDate(serverClock: ServerClock, answer: RawAnswer): void {
  if (answer.dateMs === null) return;
  serverClock.observe({
    dateMs: answer.dateMs,
    sentAtMs: answer.sentAtMs,
    answeredAtMs: answer.headersAtMs,
  });
}
