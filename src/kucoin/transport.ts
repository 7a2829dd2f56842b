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

/** The result of one dispatch: by then the answer is complete or the socket destroyed. */
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
  /** The most recently used is last, and is taken first, so that surplus connections fall idle and end. */
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

async function exchange(
  connection: Connection,
  path: string,
  signal: AbortSignal,
  { origin, proxy, timeouts, clock }: TransportOptions,
): Promise<TransportResult> {
  const place =
    proxy === undefined || proxy === null
      ? origin
      : `${origin} (through the proxy ${new URL(proxy.reveal()).origin})`;
  const controller = new AbortController();
  const ended: { by: StopReason | null } = { by: null };
  let httpStatus: number | null = null;
  let bytes = 0;
  let phaseTimer: NodeJS.Timeout | undefined;

  const stop = (reason: StopReason): void => {
    ended.by ??= reason;
    connection.reset();
    controller.abort();
  };
  const startPhase = (reason: StopReason, limitMs: number): void => {
    clearTimeout(phaseTimer);
    phaseTimer = setTimeout(stop, limitMs, reason);
  };
  const onAbort = (): void => stop('caller');
  const totalTimer = setTimeout(stop, timeouts.totalMs, 'total');
  signal.addEventListener('abort', onAbort, { once: true });

  try {
    if (signal.aborted) stop('caller');
    const sentAtMs = clock.now();
    const startedMs = clock.monotonicMs();
    if (connection.isOpen()) startPhase('headers', timeouts.headersMs);
    else
      connection.onceOpen(() => {
        // A process that was frozen, or whose host slept, sees the connection open before its timers fire: the
        // request would leave long after its permit went to another (P6). The monotonic clock does not count sleep.
        const elapsedMs = Math.max(clock.monotonicMs() - startedMs, clock.now() - sentAtMs);
        if (elapsedMs < timeouts.totalMs) startPhase('headers', timeouts.headersMs);
        else stop('total');
      });
    const response = await connection.client.request({
      method: 'GET',
      path,
      headers: HEADERS,
      signal: controller.signal,
    });
    const headersAtMs = clock.now();
    httpStatus = response.statusCode;
    const chunks: Buffer[] = [];
    startPhase('body', timeouts.bodyMs);
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      startPhase('body', timeouts.bodyMs);
      bytes += chunk.length;
      if (bytes > MAX_BODY_BYTES) stop('size');
      else chunks.push(chunk);
    }
    // Destroying a stream that has already ended raises no error.
    if (ended.by !== null)
      return { error: transportError(null, place, ended.by, timeouts), httpStatus, bytes };
    const header = headerReader(response);
    const dateMs = findDateMs(header('date'));
    const decoded = await decodeBody(Buffer.concat(chunks), header('content-encoding') ?? '', MAX_BODY_BYTES);
    if (decoded === null) return { error: tooLarge(place), httpStatus, bytes };
    return {
      bytes,
      answer: {
        httpStatus,
        contentType: header('content-type') ?? '',
        location: header('location'),
        dateMs: header('age') === null ? dateMs : null,
        retryAfterMs: findRetryAfterMs(header('retry-after'), dateMs ?? headersAtMs),
        sentAtMs,
        headersAtMs,
        completedAtMs: clock.now(),
        body: decoded,
      },
    };
  } catch (error) {
    return { error: transportError(error, place, ended.by, timeouts), httpStatus, bytes };
  } finally {
    clearTimeout(phaseTimer);
    clearTimeout(totalTimer);
    signal.removeEventListener('abort', onAbort);
  }
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
