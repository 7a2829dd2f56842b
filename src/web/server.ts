import type { QueueLook } from '../../jobs/queue-look';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import type { Clock } from '../core/clock';
import { KpoolError } from '../core/errors';
import type { Secret } from '../core/secret';
import { mayEnter } from './access';
import { readHealth, type QueueState } from './health';
import { queuePage } from './queue-page';
import { openStatusReader } from './status-data';
import { statusPage } from './status-page';

/** A first sync of a long history takes its time. */
const CATCH_UP_MS = 30 * 60_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** A queue that is away would be waited for without end. */
const LOOK_TIMEOUT_MS = 5_000;
/** Shorter than probes wait. */
const ASK_TIMEOUT_MS = 2_000;
const SECURITY_HEADERS = {
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

export interface WebOptions {
  readonly host: string;
  readonly port: number;
  /** Null: whoever reaches the address may look. */
  readonly token: Secret | null;
  readonly databaseUrl: Secret;
  readonly metrics: { render(): Promise<{ readonly contentType: string; readonly text: string }> };
  /** Looks at the jobs; null where this process runs none. */
  readonly lookAtQueue: (() => Promise<QueueLook>) | null;
  /** Resolves when the queue answers; null where this process runs no jobs. */
  readonly askQueue: (() => Promise<void>) | null;
  readonly clock: Clock;
}

export interface WebServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves `/`, `/queues`, `/healthz` and `/metrics`. Throws `port.in-use`. */
export async function startWeb(options: WebOptions): Promise<WebServer> {
  const { host, port, token, clock, lookAtQueue } = options;
  const reader = openStatusReader(options.databaseUrl);
  const startedMs = clock.monotonicMs();
  const server = fastify({ logger: false, requestTimeout: REQUEST_TIMEOUT_MS, forceCloseConnections: true });
  const guard = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    void reply.headers(SECURITY_HEADERS);
    if (mayEnter(token, request.headers.authorization)) return;
    await reply.code(401).header('www-authenticate', 'Basic realm="kpool"').send('HTTP_TOKEN is needed.\n');
  };
  /** One question at a time: to a queue that is away, questions would pile up. */
  let asking: Promise<void> | null = null;
  const findQueueState = async (): Promise<QueueState> => {
    if (options.askQueue === null) return 'none here';
    asking ??= options.askQueue().finally(() => (asking = null));
    return within(ASK_TIMEOUT_MS, asking).then(
      () => 'ok' as const,
      () => 'unreachable' as const,
    );
  };
  // For probes, which carry no token; it tells no more than whether all is well.
  server.get('/healthz', async (_request, reply) => {
    const health = await readHealth(
      () => reader.readFreshness(),
      findQueueState,
      clock.monotonicMs() - startedMs < CATCH_UP_MS,
    );
    const body = token === null ? health : { ...health, late: health.late.length };
    return reply.code(health.isWell ? 200 : 503).send(body);
  });
  server.get('/metrics', { preHandler: guard }, async (_request, reply) => {
    const { contentType, text } = await options.metrics.render();
    return reply.type(contentType).send(text);
  });
  server.get('/', { preHandler: guard }, async (_request, reply) => {
    const page = statusPage(await reader.read(), new Date(clock.now()), lookAtQueue !== null);
    return reply.type('text/html; charset=utf-8').send(page);
  });
  if (lookAtQueue !== null) {
    server.get('/queues', { preHandler: guard }, async (_request, reply) => {
      const page = queuePage(await within(LOOK_TIMEOUT_MS, lookAtQueue()), new Date(clock.now()));
      return reply.type('text/html; charset=utf-8').send(page);
    });
  }
  server.setErrorHandler((_error, _request, reply) =>
    reply.code(503).type('text/plain').send('The database or the queue cannot be asked right now.\n'),
  );
  const close = async (): Promise<void> => {
    await server.close();
    await reader.close();
  };
  try {
    await server.listen({ host, port });
  } catch (error) {
    await close();
    throw new KpoolError(
      'port.in-use',
      `The status page cannot be served on ${host}:${port}: ${wordOf(error)}.`,
      {
        hint: 'Choose another HTTP_PORT, or 0 for no page.',
        cause: error,
      },
    );
  }
  const address = server.server.address();
  const boundPort = typeof address === 'object' && address !== null ? address.port : port;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${boundPort}/`, close };
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('It takes too long.')), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function wordOf(error: unknown): string {
  const code: unknown =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return 'the port is taken';
  if (code === 'EACCES') return 'the port may not be opened';
  if (code === 'EADDRNOTAVAIL') return 'this machine has no such address';
  return typeof code === 'string' ? code : 'an unknown error';
}
