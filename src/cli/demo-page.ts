import type { QueueSnapshot } from '../../jobs/queue-snapshot';
import { allowedPerHour } from '../app/allowed-requests';
import type { Demo } from '../app/demo/demo';
import type { Session } from '../app/session';
import { isKpoolError } from '../core/errors';
import { createMetrics } from '../observability/metrics';
import { startWeb, type WebOptions } from '../web/server';
import type { CliContext } from './context';

/** The demo's web server. */
export interface DemoPage {
  readonly url: string;
  /** Shows jobs from now on. */
  showJobs(readQueue: () => Promise<QueueSnapshot>): void;
  close(): Promise<void>;
}

/** Serves the pages on the port of `kpool start`, or on a free one if that is taken. */
export async function openDemoPage(context: CliContext, session: Session, demo: Demo): Promise<DemoPage> {
  let readQueue: (() => Promise<QueueSnapshot | null>) | null = null;
  const options: Omit<WebOptions, 'port'> = {
    host: '127.0.0.1',
    token: null,
    databaseUrl: session.database.url,
    judgedAccounts: null,
    allowedPerHour: allowedPerHour(demo.config),
    metrics: createMetrics(),
    readQueue: () => (readQueue === null ? Promise.resolve(null) : readQueue()),
    askQueue: null,
    clock: context.clock,
    reportFailure: (failure) => context.output.warn(`kpool: a page could not be shown: ${failure.message}`),
  };
  const usualPort = context.config().http.port ?? 0;
  const web = await startWeb({ ...options, port: usualPort }).catch((error: unknown) => {
    if (!isKpoolError(error, 'port.in-use')) throw error;
    return startWeb({ ...options, port: 0 });
  });
  return {
    url: web.url,
    showJobs: (read) => (readQueue = read),
    close: () => web.close(),
  };
}
