import { once } from 'node:events';
import type { QueueSnapshot } from '../../jobs/queue-snapshot';
import { runJobs } from '../../jobs/run-jobs';
import type { ServiceJobs } from '../../jobs/service-jobs';
import { watchAlerts } from '../alerts/alert-watch';
import type { Config } from '../config/config';
import { judgedAccountsOf } from '../config/require-accounts';
import type { Clock } from '../core/clock';
import type { Logger } from '../core/log';
import type { Scrubber } from '../core/redaction';
import type { Secret } from '../core/secret';
import { stopAll } from '../core/stop-all';
import { createMetrics, type Metrics } from '../observability/metrics';
import type { WebServer } from '../web/server';
import { countAllowedPerHour } from './allowed-requests';
import { reportByTheMinute } from './minute-report';
import { openSession, type Session } from './session';

/** What a service needs of the program that it runs in. */
export interface ServiceHost {
  readonly clock: Clock;
  /** Fires on Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  readonly scrubber: Pick<Scrubber, 'scrub'>;
  /** Redacts an address and its password from all output. */
  hideAddress(address: Secret): void;
}

export interface ServiceOptions {
  readonly config: Config;
  readonly logger: Logger;
  /** Lines for people, e.g. while an embedded database starts. */
  readonly log: (line: string) => void;
}

interface ServiceParts {
  readonly session: Session;
  readonly metrics: Metrics;
  /** Fires, with the error as its reason, when the service cannot continue. */
  readonly broken: AbortController;
}

/**
 * One process of the service: a database, and the jobs, alerts and pages that are started on it, each until `close`.
 * `kpool start` and `kpool demo` start what they need of it.
 */
export class Service {
  readonly session: Session;
  /** Fires on Ctrl-C or SIGTERM, and when the service cannot continue. */
  readonly stopping: AbortSignal;
  private jobs: ServiceJobs | null = null;
  /** What was started last is stopped first. */
  private readonly stops: (() => Promise<void>)[];

  private constructor(
    private readonly host: ServiceHost,
    private readonly options: ServiceOptions,
    private readonly parts: ServiceParts,
  ) {
    this.session = parts.session;
    this.stopping = AbortSignal.any([host.signal, parts.broken.signal]);
    this.stops = [() => parts.session.close()];
  }

  /** Opens and migrates the database. Throws what `openSession` throws. */
  static async open(host: ServiceHost, options: ServiceOptions): Promise<Service> {
    const { clock, signal } = host;
    const metrics = createMetrics();
    const broken = new AbortController();
    const session = await openSession({
      ...options,
      accounts: options.config.accounts,
      clock,
      random: Math.random,
      metrics,
      signal,
      onUnrecoverable: (error) => broken.abort(error),
    });
    host.hideAddress(session.database.url);
    return new Service(host, options, { session, metrics, broken });
  }

  /** Schedules and runs jobs. Throws `queue.refused` and `queue.unreachable`. */
  async startJobs(): Promise<void> {
    const { config, logger } = this.options;
    const { session, metrics, broken } = this.parts;
    const jobs = await runJobs({
      service: session.service,
      databaseUrl: session.database.url,
      redisUrl: config.redisUrl,
      queueConnections: config.database.shares.queue,
      everyMs: config.sync.everyMs,
      keepDays: config.keepDays,
      clock: this.host.clock,
      random: Math.random,
      log: logger,
      metrics,
      onUnrecoverable: (error) => broken.abort(error),
    });
    this.jobs = jobs;
    this.stops.unshift(() => jobs.stop());
  }

  /** Sends alerts to the configured webhook. */
  startAlerts(): void {
    const { clock, scrubber } = this.host;
    const { config, logger } = this.options;
    const { reports } = this.session.service;
    this.start((signal) => {
      const rounds = reports.createAlertRounds(config.alertWebhookUrl, scrubber.scrub, signal);
      if (config.alertWebhookUrl !== null) return watchAlerts({ rounds, clock, logger, signal });
      // Without a webhook, alerts that an earlier one did not accept are no longer a problem.
      return rounds.run().then(
        () => undefined,
        (error: unknown) => logger.warn('Earlier webhook failures could not be cleared.', {}, error),
      );
    });
  }

  /** Logs a summary every minute: for a readable log only, the JSON log has a record per sync. */
  startMinuteReport(): void {
    const { clock } = this.host;
    const { logger } = this.options;
    const { reports } = this.session.service;
    this.start((signal) =>
      reportByTheMinute({
        readActivity: () => reports.readActivity(),
        readWellness: () => reports.readWellness(),
        clock,
        logger,
        signal,
      }),
    );
  }

  /** The queue as the pages show it; null while this process runs no jobs. */
  async readQueue(): Promise<QueueSnapshot | null> {
    return this.jobs === null ? null : this.jobs.readQueue();
  }

  /** Serves the pages on `port`. Throws `port.in-use`. */
  async startPages(port: number, readQueue = () => this.readQueue()): Promise<WebServer> {
    const { config, logger } = this.options;
    const { jobs } = this;
    // Loaded on demand: a process that only runs jobs starts a fifth faster.
    const { startWeb } = await import('../web/server');
    const web = await startWeb({
      host: config.http.host,
      port,
      token: config.http.token,
      databaseUrl: this.session.database.url,
      judgedAccounts: judgedAccountsOf(config),
      allowedPerHour: countAllowedPerHour(config),
      metrics: this.parts.metrics,
      readQueue,
      askQueue: jobs === null ? null : () => jobs.ask(),
      clock: this.host.clock,
      reportFailure: (failure) => logger.error('A page could not be shown.', {}, failure),
    });
    this.stops.unshift(() => web.close());
    return web;
  }

  /** Resolves when `stopping` has fired. Throws, if the service cannot continue, why. */
  async untilStopped(): Promise<void> {
    if (!this.stopping.aborted) await once(this.stopping, 'abort');
    this.throwIfBroken();
  }

  throwIfBroken(): void {
    this.parts.broken.signal.throwIfAborted();
  }

  /** Stops everything that was started, the newest first, and the session last, as `stopAll`. */
  async close(): Promise<void> {
    await stopAll(this.stops);
  }

  /** Starts `work`, which ends when its signal fires. */
  private start(work: (signal: AbortSignal) => Promise<void>): void {
    const stopping = new AbortController();
    const working = work(stopping.signal);
    working.catch((error: unknown) => this.parts.broken.abort(error));
    this.stops.unshift(async () => {
      stopping.abort();
      await working;
    });
  }
}
