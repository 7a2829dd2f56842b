import type { QueueSnapshot } from '../../jobs/queue-snapshot';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import type { Clock } from '../core/clock';
import { KpoolError } from '../core/errors';
import type { Secret } from '../core/secret';
import { mayEnter } from './access';
import { queuePage } from './queue-page';
import { createReadiness, within } from './readiness';
import { secure, UNREADABLE_REQUESTS } from './security';
import { openStatusReader } from './status-data';
import { statusPage } from './status-page';

const REQUEST_TIMEOUT_MS = 10_000;
/** A queue that is away would be waited for without end. */
const QUEUE_TIMEOUT_MS = 5_000;

export interface WebOptions {
  readonly host: string;
  readonly port: number;
  /** Null: whoever reaches the address may look. */
  readonly token: Secret | null;
  readonly databaseUrl: Secret;
  /** The names of the accounts that have to be well; null: all that the database knows. */
  readonly judgedAccounts: readonly string[] | null;
  readonly metrics: { render(): Promise<{ readonly contentType: string; readonly text: string }> };
  /** Looks at the jobs; null where this process runs none. */
  readonly readQueue: (() => Promise<QueueSnapshot>) | null;
  /** Resolves when the queue answers; null where this process runs no jobs. */
  readonly askQueue: (() => Promise<void>) | null;
  readonly clock: Clock;
}

export interface WebServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves `/`, `/queues`, `/healthz`, `/readyz` and `/metrics`. Throws `port.in-use`. */
export async function startWeb(options: WebOptions): Promise<WebServer> {
  const { host, port, token, clock, readQueue } = options;
  const reader = openStatusReader(options.databaseUrl, options.judgedAccounts);
  const readiness = createReadiness({ readFacts: () => reader.readFacts(), askQueue: options.askQueue });
  const server = fastify({
    ...UNREADABLE_REQUESTS,
    logger: false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
  });
  await secure(server, token !== null);
  const guard = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (mayEnter(token, request.headers.authorization)) return;
    await reply.code(401).header('www-authenticate', 'Basic realm="kpool"').send('HTTP_TOKEN is needed.\n');
  };
  // For probes, which carry no token.
  server.get('/healthz', async (_request, reply) => reply.send({ isAlive: true }));
  server.get('/readyz', async (request, reply) => {
    const verdict = await readiness.check(!mayEnter(token, request.headers.authorization));
    return reply.code(verdict.isReady ? 200 : 503).send(verdict);
  });
  server.get('/metrics', { preHandler: guard }, async (_request, reply) => {
    const { contentType, text } = await options.metrics.render();
    return reply.type(contentType).send(text);
  });
  server.get('/', { preHandler: guard }, async (_request, reply) => {
    const page = statusPage(await reader.read(), new Date(clock.now()), readQueue !== null);
    return reply.type('text/html; charset=utf-8').send(page);
  });
  if (readQueue !== null) {
    server.get('/queues', { preHandler: guard }, async (_request, reply) => {
      const page = queuePage(await within(QUEUE_TIMEOUT_MS, readQueue()), new Date(clock.now()));
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

function wordOf(error: unknown): string {
  const code: unknown =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return 'the port is taken';
  if (code === 'EACCES') return 'the port may not be opened';
  if (code === 'EADDRNOTAVAIL') return 'this machine has no such address';
  return typeof code === 'string' ? code : 'an unknown error';
}
