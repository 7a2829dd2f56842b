import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../core/clock';
import { findEndpoint } from '../endpoints/registry';
import type { Faults } from '../faults';
import type { Quirks } from '../quirks';
import { createRandom, mix, type Random } from '../random';
import { RateCounter, type RateLimit } from '../rate-limit';
import type { RequestLog, RequestLogEntry } from '../request-log';
import type { SimulatedClock } from '../simulated-clock';
import type { KeyRing } from '../world/key-ring';
import type { World } from '../world/world';
import { authenticate } from './authenticate';
import { formatRefusal, Refusal, formatSuccess, SYSTEM_CODES } from './envelope';
import { Parameters } from './parameters';
import { replyOfFault, sendFault, sendReply, type Exchange, type Reply } from './reply';

const LOOPBACK = '127.0.0.1';
/** The real pool's API path. */
const BASE_PATH = '/_api/miningpool';
const API_PATH = `${BASE_PATH}/v1/external/`;
/** Longer than any client keeps an idle connection, so that the server never closes first. */
const SERVER_KEEP_ALIVE_MS = 120_000;

/** Called for each request; a promise is awaited before the request continues. */
export type RequestHook = (request: RequestLogEntry) => void | Promise<void>;

/** A pool server's options. `rateLimit` and the hooks may change at any time. */
export interface PoolState {
  readonly seed: number;
  readonly world: World;
  readonly keys: KeyRing;
  readonly clock: SimulatedClock;
  readonly hostClock: Pick<Clock, 'monotonicMs' | 'sleep'>;
  readonly quirks: Quirks;
  readonly faults: Faults;
  readonly requests: RequestLog;
  readonly latencyMs: { readonly min: number; readonly max: number } | null;
  readonly beforeAnswer: Set<RequestHook>;
  readonly afterAnswer: Set<RequestHook>;
  rateLimit: RateLimit | null;
}

/** The HTTP side of the simulated pool. */
export class PoolServer {
  private readonly state: PoolState;
  private readonly server: Server;
  private readonly rates = new RateCounter();
  private readonly latency: Random;
  /** Aborts pending responses when the server closes. */
  private readonly closing = new AbortController();
  private requestNumber = 0;
  private failure: unknown = null;

  constructor(state: PoolState) {
    // Every pending response adds a listener.
    setMaxListeners(0, this.closing.signal);
    this.state = state;
    this.latency = createRandom(mix(state.seed, 77));
    this.server = createServer({ keepAliveTimeout: SERVER_KEEP_ALIVE_MS }, (request, response) => {
      this.serve(request, response).catch((failure: unknown) => {
        if (this.closing.signal.aborted) return;
        this.failure ??= failure;
        request.socket.destroy();
      });
    });
  }

  /** Resolves with the base URL once it listens on the loopback interface. */
  async listen(port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, LOOPBACK, resolve);
    });
    const { port: bound } = this.server.address() as AddressInfo;
    return `http://${LOOPBACK}:${bound}${BASE_PATH}`;
  }

  /** Closes all connections. Rejects with the first failure of the simulator or of a hook, if any. */
  async close(): Promise<void> {
    this.closing.abort();
    await new Promise<void>((resolve) => {
      this.server.close(() => {
        resolve();
      });
      this.server.closeAllConnections();
    });
    if (this.failure !== null) throw new Error('The simulated pool itself failed', { cause: this.failure });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { world, clock, hostClock, requests, beforeAnswer, afterAnswer, faults } = this.state;
    const arrivedAtMs = hostClock.monotonicMs();
    const url = new URL(request.url ?? '/', 'http://pool.invalid');
    const entry = logEntry(url, arrivedAtMs, clock.now());
    const admitted = this.admits(entry);
    entry.rejected = !admitted;
    world.liveUntil(entry.poolTimeMs);
    requests.add(entry);
    for (const hook of beforeAnswer) await hook(entry);

    const fault = admitted ? faults.take(entry) : undefined;
    const planned = fault === undefined ? null : replyOfFault(fault);
    const reply = planned ?? (admitted ? this.answer(request, url, entry) : this.throttled());
    entry.httpStatus = reply.httpStatus;
    entry.code = reply.code;
    for (const hook of afterAnswer) await hook(entry);

    const sleep = (ms: number) => hostClock.sleep(ms, this.closing.signal);
    await this.delay(sleep);
    const exchange: Exchange = { request, response, poolTimeMs: clock.now(), sleep };
    if (fault === undefined) sendReply(exchange, reply);
    else await sendFault(exchange, fault, reply);
  }

  private admits({ apiKey, endpoint, arrivedAtMs }: RequestLogEntry): boolean {
    const { rateLimit } = this.state;
    return rateLimit === null || this.rates.admits(rateLimit, apiKey, endpoint, arrivedAtMs);
  }

  private async delay(sleep: (ms: number) => Promise<void>): Promise<void> {
    const { latencyMs } = this.state;
    if (latencyMs !== null) await sleep(latencyMs.min + this.latency() * (latencyMs.max - latencyMs.min));
  }

  private throttled(): Reply {
    const style = this.state.quirks.throttleStyle;
    const refusal = new Refusal(SYSTEM_CODES.throttled);
    if (style === 'http403-bare') return { httpStatus: 403, code: null, body: '' };
    return this.refused(refusal, style === 'http403' ? 403 : 200, true);
  }

  private refused(refusal: Refusal, httpStatus: number, retry = false): Reply {
    return { httpStatus, code: refusal.code, body: formatRefusal(refusal.code, refusal.message, retry) };
  }

  private answer(request: IncomingMessage, url: URL, entry: RequestLogEntry): Reply {
    const { quirks } = this.state;
    try {
      return this.success(request, url, entry);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return this.refused(error, error.httpStatus(quirks.errorStyle));
    }
  }

  private success(request: IncomingMessage, url: URL, entry: RequestLogEntry): Reply {
    const { world, keys, quirks, seed } = this.state;
    const answer = url.pathname.startsWith(API_PATH) ? findEndpoint(entry.endpoint) : undefined;
    if (answer === undefined) throw new Refusal('404', 'Not Found', 404);
    if (request.method !== 'GET') throw new Refusal('405', 'Method Not Allowed', 405);
    if (!/^application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? ''))
      throw new Refusal('415', 'Content-Type: application/json', 415);
    const parameters = new Parameters(url.searchParams);
    const account = authenticate(parameters, keys, entry.poolTimeMs);
    const random = createRandom(mix(seed, this.requestNumber++));
    const data = answer({ world, account, parameters, quirks, random });
    const retry = quirks.retry === 'as-in-examples' ? entry.endpoint === 'reward/query' : quirks.retry;
    const code = quirks.successCode;
    return { httpStatus: 200, code: code.replaceAll('"', ''), body: formatSuccess(data, code, retry) };
  }
}

function logEntry(url: URL, arrivedAtMs: number, poolTimeMs: number): RequestLogEntry {
  const params = Object.fromEntries(
    [...url.searchParams].filter(([name]) => name !== 'key' && name !== 'passphrase'),
  );
  return {
    endpoint: url.pathname.startsWith(API_PATH) ? url.pathname.slice(API_PATH.length) : url.pathname,
    apiKey: url.searchParams.get('key') ?? '',
    arrivedAtMs,
    poolTimeMs,
    params,
    httpStatus: 0,
    code: null,
    rejected: false,
  };
}
