import type { Dispatcher } from 'undici';
import type { Clock } from '../core/clock';
import type { KpoolError } from '../core/errors';
import type { Secret } from '../core/secret';
import type { Connection } from './connection';
import { createConnection } from './connection';
import { decodeBody } from './content-encoding';
import type { Timeouts } from './timeouts';
import type { StopReason } from './transport-errors';
import { tooLarge, transportError } from './transport-errors';

/** The specification requires the content type on every request (its HTTP error 415), though a GET has no content. */
const HEADERS = {
  accept: 'application/json',
  'accept-encoding': 'gzip',
  'content-type': 'application/json',
  'user-agent': 'kucoin-pool-sync',
};
/** A page of 100 rows is about 30 kB. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** One complete answer, whatever its status. */
export interface RawAnswer {
  readonly httpStatus: number;
  readonly contentType: string;
  readonly location: string | null;
  /** The `Date` header, ms since the epoch; null when absent, or when the answer came from a cache. */
  readonly dateMs: number | null;
  readonly retryAfterMs: number | null;
  /** Host clock, ms since the epoch. */
  readonly sentAtMs: number;
  readonly headersAtMs: number;
  readonly completedAtMs: number;
  readonly body: Buffer;
}

/** The result of one dispatch, when the answer is complete or the socket destroyed. */
export type TransportResult =
  | { readonly answer: RawAnswer; readonly bytes: number }
  | { readonly error: KpoolError; readonly httpStatus: number | null; readonly bytes: number };

export interface Transport {
  /** One GET: no retry, no redirect, no pipelining. Never rejects; `signal` ends it at once. */
  get(path: string, signal: AbortSignal): Promise<TransportResult>;
  close(): Promise<void>;
}

export interface TransportOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly timeouts: Timeouts;
  readonly clock: Clock;
  /** A proxy, `http://user:password@host:port`; null or absent: none. */
  readonly proxy?: Secret | null;
  /** PEM of a certificate authority to trust instead of the system's. */
  readonly ca?: string;
}

export function createTransport(options: TransportOptions): Transport {
  const { origin, timeouts } = options;
  const all = new Set<Connection>();
  /** The most recently used is last and is taken first, so that surplus connections become idle and end. */
  const idle: Connection[] = [];

  function take(): Connection {
    const connection =
      idle.pop() ??
      createConnection({
        origin,
        connectTimeoutMs: timeouts.connectMs,
        proxy: options.proxy ?? null,
        ca: options.ca,
      });
    all.add(connection);
    return connection;
  }

  return {
    async get(path, signal) {
      const connection = take();
      try {
        return await exchange(connection, path, signal, options);
      } finally {
        idle.push(connection);
      }
    },
    async close() {
      await Promise.all([...all].map((connection) => connection.client.destroy()));
    },
  };
}

/** Where the pool is, and how it is reached: for messages. */
function describePlace({ origin, proxy }: TransportOptions): string {
  if (proxy === undefined || proxy === null) return origin;
  return `${origin} (through the proxy ${new URL(proxy.reveal()).origin})`;
}

/** Ends one exchange early, with a reset: when one of its time limits has passed, or when its caller gives up. The first reason counts. */
class ExchangeGuard {
  stoppedBy: StopReason | null = null;
  private readonly controller = new AbortController();
  private readonly totalTimer: NodeJS.Timeout;
  private phaseTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly timeouts: Timeouts,
    private readonly callerSignal: AbortSignal,
  ) {
    this.totalTimer = setTimeout(this.stop, timeouts.totalMs, 'total');
    callerSignal.addEventListener('abort', this.stopForCaller, { once: true });
    if (callerSignal.aborted) this.stop('caller');
  }

  /** Fires when the exchange is ended early. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  readonly stop = (reason: StopReason): void => {
    this.stoppedBy ??= reason;
    this.connection.reset();
    this.controller.abort();
  };

  private readonly stopForCaller = (): void => this.stop('caller');

  /** From now on the time limit of this phase counts, instead of the one before. */
  startPhase(phase: 'headers' | 'body'): void {
    clearTimeout(this.phaseTimer);
    const limitMs = phase === 'headers' ? this.timeouts.headersMs : this.timeouts.bodyMs;
    this.phaseTimer = setTimeout(this.stop, limitMs, phase);
  }

  /** The wait for headers begins once the connection is open. */
  awaitHeaders(clock: Clock): void {
    if (this.connection.isOpen()) {
      this.startPhase('headers');
      return;
    }
    const startedMs = clock.monotonicMs();
    const startedAtMs = clock.now();
    this.connection.onceOpen(() => {
      // A process that was frozen, or whose host slept, sees the connection open before its timers fire: the
      // request would leave long after its permit went to another (P6). The monotonic clock does not count sleep.
      const elapsedMs = Math.max(clock.monotonicMs() - startedMs, clock.now() - startedAtMs);
      if (elapsedMs < this.timeouts.totalMs) this.startPhase('headers');
      else this.stop('total');
    });
  }

  end(): void {
    clearTimeout(this.phaseTimer);
    clearTimeout(this.totalTimer);
    this.callerSignal.removeEventListener('abort', this.stopForCaller);
  }
}

async function exchange(
  connection: Connection,
  path: string,
  signal: AbortSignal,
  options: TransportOptions,
): Promise<TransportResult> {
  const { timeouts, clock } = options;
  const place = describePlace(options);
  const guard = new ExchangeGuard(connection, timeouts, signal);
  let httpStatus: number | null = null;
  let bytes = 0;
  try {
    const sentAtMs = clock.now();
    guard.awaitHeaders(clock);
    const response = await connection.client.request({
      method: 'GET',
      path,
      headers: HEADERS,
      signal: guard.signal,
    });
    const headersAtMs = clock.now();
    httpStatus = response.statusCode;
    const chunks: Buffer[] = [];
    guard.startPhase('body');
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      guard.startPhase('body');
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) guard.stop('size');
      else chunks.push(chunk);
    }
    // Destroying a stream that has already ended raises no error.
    if (guard.stoppedBy !== null)
      return { error: transportError(null, place, guard.stoppedBy, timeouts), httpStatus, bytes };
    const times = { sentAtMs, headersAtMs, completedAtMs: clock.now() };
    const answer = await decodeAnswer(response, Buffer.concat(chunks), times);
    return answer === null ? { error: tooLarge(place), httpStatus, bytes } : { answer, bytes };
  } catch (error) {
    return { error: transportError(error, place, guard.stoppedBy, timeouts), httpStatus, bytes };
  } finally {
    guard.end();
  }
}

/** Null: the body is too large once decompressed. Throws what the decompression throws. */
async function decodeAnswer(
  response: Dispatcher.ResponseData,
  bytes: Buffer,
  times: Pick<RawAnswer, 'sentAtMs' | 'headersAtMs' | 'completedAtMs'>,
): Promise<RawAnswer | null> {
  const header = headerReader(response);
  const body = await decodeBody(bytes, header('content-encoding') ?? '', MAX_BODY_BYTES);
  if (body === null) return null;
  const dateMs = findDateMs(header('date'));
  return {
    ...times,
    httpStatus: response.statusCode,
    contentType: header('content-type') ?? '',
    location: header('location'),
    dateMs: header('age') === null ? dateMs : null,
    retryAfterMs: findRetryAfterMs(header('retry-after'), dateMs ?? times.headersAtMs),
    body,
  };
}

function headerReader(response: Dispatcher.ResponseData): (name: string) => string | null {
  return (name) => {
    const value = response.headers[name];
    return (Array.isArray(value) ? value.join(',') : value) ?? null;
  };
}

function findDateMs(text: string | null): number | null {
  const ms = text === null ? NaN : Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

/** `Retry-After` in seconds or as a date. */
function findRetryAfterMs(text: string | null, nowMs: number): number | null {
  if (text === null) return null;
  if (/^\d{1,9}(\.\d{1,9})?$/.test(text)) return Math.ceil(Number(text) * 1_000);
  const dateMs = findDateMs(text);
  return dateMs === null ? null : Math.max(0, dateMs - nowMs);
}
