import fastify from 'fastify';
import type { QueueSnapshot } from '../../jobs/queue-snapshot';
import type { Clock } from '../core/clock';
import type { KpoolError } from '../core/errors';
import type { Secret } from '../core/secret';
import { stopAll } from '../core/stop-all';
import { guardAccess } from './access';
import { createMetricsText } from './metrics-text';
import { openPageReader } from './page-reader';
import { cannotListen } from './port';
import { createReadiness, within } from './readiness';
import { serveApi } from './routes/api';
import { serveAssets } from './routes/assets';
import { answerFailures } from './routes/failures';
import { serveLogin } from './routes/login';
import { servePages } from './routes/pages';
import { serveProbes } from './routes/probes';
import { secure, UNREADABLE_REQUESTS } from './security';

const REQUEST_TIMEOUT_MS = 10_000;
/** Without a limit, an unavailable queue would be waited for forever. */
const QUEUE_TIMEOUT_MS = 5_000;

export interface WebOptions {
  readonly host: string;
  readonly port: number;
  /** Null: access needs no token. */
  readonly token: Secret | null;
  readonly databaseUrl: Secret;
  /** The accounts whose problems are reported; null: all in the database. */
  readonly judgedAccounts: readonly string[] | null;
  /** Requests per hour that the rate limit allows; null if unknown. */
  readonly allowedPerHour: number | null;
  readonly metrics: { render(): Promise<{ readonly contentType: string; readonly text: string }> };
  /** Reads the jobs; null if this process runs none. */
  readonly readQueue: (() => Promise<QueueSnapshot | null>) | null;
  /** Resolves when the queue answers; null if this process runs no jobs. */
  readonly askQueue: (() => Promise<void>) | null;
  readonly clock: Clock;
  /** Receives every unexpected failure of a request. */
  readonly reportFailure: (failure: KpoolError) => void;
}

export interface WebServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the pages, `/api/v1`, `/healthz`, `/readyz` and `/metrics`. Throws `port.in-use`. */
export async function startWeb(options: WebOptions): Promise<WebServer> {
  const { host, port, token, clock } = options;
  const readQueue = async (): Promise<QueueSnapshot | null> =>
    options.readQueue === null ? null : within(QUEUE_TIMEOUT_MS, options.readQueue()).catch(() => null);
  const reader = openPageReader({
    databaseUrl: options.databaseUrl,
    judged: options.judgedAccounts,
    allowedPerHour: options.allowedPerHour,
    readQueue,
  });
  const readiness = createReadiness({ readFacts: () => reader.facts(), askQueue: options.askQueue });
  const server = fastify({
    ...UNREADABLE_REQUESTS,
    logger: false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
  });
  answerFailures(server, options.reportFailure);
  await secure(server, token !== null);
  const access = await guardAccess(server, token, clock);
  serveProbes(server, access, readiness, createMetricsText(options, reader, readiness, readQueue));
  if (token !== null) await serveLogin(server, access);
  await serveAssets(server);
  await serveApi(server, reader, readiness);
  servePages(server, access, reader, readiness);
  const close = (): Promise<void> => stopAll([() => server.close(), () => reader.close()]);
  try {
    await server.listen({ host, port });
  } catch (error) {
    await close();
    throw cannotListen(host, port, error);
  }
  const address = server.server.address();
  const boundPort = typeof address === 'object' && address !== null ? address.port : port;
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${boundPort}/`, close };
}
