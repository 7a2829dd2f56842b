import { systemClock } from '../../src/core/clock';
import { Secret } from '../../src/core/secret';
import { createMetrics } from '../../src/observability/metrics';
import { startWeb, type WebOptions, type WebServer } from '../../src/web/server';

/** Serves the pages of a database on a free port, without jobs. An unexpected failure fails the request. */
export async function serveTestPages(
  databaseUrl: string,
  options: Partial<WebOptions> = {},
): Promise<WebServer> {
  return startWeb({
    host: '127.0.0.1',
    port: 0,
    token: null,
    databaseUrl: new Secret(databaseUrl),
    judgedAccounts: null,
    allowedPerHour: null,
    metrics: createMetrics(),
    readQueue: null,
    askQueue: null,
    clock: systemClock,
    reportFailure: (failure) => {
      throw failure;
    },
    ...options,
  });
}
