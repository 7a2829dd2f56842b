import { Option } from 'commander';
import { runJobs } from '../../../jobs/run-jobs';
import type { ServiceJobs } from '../../../jobs/service-jobs';
import { watchAlerts } from '../../app/service/alert-watch';
import { allowedPerHour } from '../../app/allowed-requests';
import { reportByTheMinute } from '../../app/service/minute-report';
import { openSession, type Session } from '../../app/session';
import type { Config } from '../../config/config';
import { judgedAccountsOf, requireAccounts } from '../../config/require-accounts';
import type { KpoolError } from '../../core/errors';
import type { Logger } from '../../observability/logger';
import { createMetrics, type Metrics } from '../../observability/metrics';
import { sentenceOf, type Problem } from '../../report/wellness/problem';
import type { WebServer } from '../../web/server';
import type { CliContext, ConfigureCommand } from '../context';
import { withExamples } from '../example';
import { limitHeapGrowth } from '../heap';

const ROLES = ['all', 'run', 'web'] as const;
type Role = (typeof ROLES)[number];

interface Parts {
  readonly logger: Logger;
  readonly config: Config;
  readonly session: Session;
  readonly metrics: Metrics;
  readonly onUnrecoverable: (error: KpoolError) => void;
}

async function startJobs(context: CliContext, parts: Parts): Promise<ServiceJobs> {
  const { config, session } = parts;
  return runJobs({
    service: session.service,
    databaseUrl: session.database.url,
    redisUrl: config.redisUrl,
    queueConnections: config.database.shares.queue,
    everyMs: config.sync.everyMs,
    keepDays: config.keepDays,
    clock: context.clock,
    random: Math.random,
    log: parts.logger,
    metrics: parts.metrics,
    onUnrecoverable: parts.onUnrecoverable,
  });
}

/** Alerts are sent by processes that run jobs. */
function startAlerts(context: CliContext, { config, session, logger }: Parts): () => Promise<void> {
  const { clock, scrubber } = context;
  const stopping = new AbortController();
  const { signal } = stopping;
  const rounds = session.service.reports.createAlertRounds(config.alertWebhookUrl, scrubber.scrub, signal);
  const watching =
    config.alertWebhookUrl === null
      ? // Without a webhook, alerts that an earlier one did not accept are no longer a problem.
        rounds.run().then(
          () => undefined,
          (error: unknown) => logger.warn('Earlier webhook failures could not be cleared.', {}, error),
        )
      : watchAlerts({ rounds, clock, logger, signal });
  return async () => {
    stopping.abort();
    await watching;
  };
}

/** Only for a readable log; the JSON log has a record per sync. */
function startMinuteReport(context: CliContext, { session, logger }: Parts): () => Promise<void> {
  const stopping = new AbortController();
  const { service } = session;
  const reporting = reportByTheMinute({
    readActivity: () => service.reports.readActivity(),
    readWellness: () => service.reports.readWellness(),
    clock: context.clock,
    logger,
    signal: stopping.signal,
  });
  return async () => {
    stopping.abort();
    await reporting;
  };
}

async function startPage(
  context: CliContext,
  parts: Parts,
  jobs: ServiceJobs | null,
): Promise<WebServer | null> {
  const { host, port, token } = parts.config.http;
  if (port === null) return null;
  // Loaded on demand: a process that only runs jobs starts a fifth faster.
  const { startWeb } = await import('../../web/server');
  const web = await startWeb({
    host,
    port,
    token,
    databaseUrl: parts.session.database.url,
    judgedAccounts: judgedAccountsOf(parts.config),
    allowedPerHour: allowedPerHour(parts.config),
    metrics: parts.metrics,
    readQueue: jobs === null ? null : () => jobs.readQueue(),
    askQueue: jobs === null ? null : () => jobs.ask(),
    clock: context.clock,
    reportFailure: (failure) => parts.logger.error('A page could not be shown.', {}, failure),
  });
  parts.logger.info(`The status page is at ${web.url}.`);
  return web;
}

function logProblem(logger: Logger, problem: Problem): void {
  const { severity, kind, account } = problem;
  const level = severity === 'critical' ? 'error' : severity === 'warning' ? 'warn' : 'info';
  logger[level](sentenceOf(problem), { problem: kind, account });
}

/** Resolves on Ctrl-C or SIGTERM; rejects when the service cannot continue. */
function untilStopped(signal: AbortSignal, unrecoverable: Promise<never>): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  return Promise.race([stopped, unrecoverable]);
}

/** `kpool start`: the service. Migrates, then schedules and runs jobs and serves the status page, until stopped. */
export const configureStart: ConfigureCommand = (command, context) => {
  command
    .addOption(
      new Option('--role <role>', 'run jobs, serve the page (web), or both (all)')
        .choices(ROLES)
        .default('all'),
    )
    .action(async ({ role }: { role: Role }) => {
      limitHeapGrowth();
      const { clock, signal } = context;
      const config = context.config();
      const accounts = role === 'web' ? config.accounts : requireAccounts(config);
      const logger = await context.logger();
      const metrics = createMetrics();
      const log = (line: string): void => logger.info(line);
      let onUnrecoverable: Parts['onUnrecoverable'] = () => undefined;
      const unrecoverable = new Promise<never>((_resolve, reject) => (onUnrecoverable = reject));
      unrecoverable.catch(() => undefined);
      const session = await openSession({
        config,
        accounts,
        clock,
        random: Math.random,
        logger,
        metrics,
        signal,
        log,
        onUnrecoverable,
      });
      const stops: (() => Promise<void>)[] = [() => session.close()];
      try {
        context.hideAddress(session.database.url);
        logger.info(`Using ${session.database.describe}.`);
        for (const problem of (await session.service.reports.readWellness()).problems)
          logProblem(logger, problem);
        const parts: Parts = { logger, config, session, metrics, onUnrecoverable };
        let jobs: ServiceJobs | null = null;
        if (role !== 'web') {
          const started = await startJobs(context, parts);
          stops.unshift(() => started.stop());
          jobs = started;
          stops.unshift(startAlerts(context, parts));
          if (context.isLogForPeople) stops.unshift(startMinuteReport(context, parts));
        }
        if (role !== 'run') {
          const web = await startPage(context, parts, jobs);
          if (web !== null) stops.unshift(() => web.close());
        }
        await untilStopped(signal, unrecoverable);
        logger.info('Stopping: work in flight is committed or rolled back.');
      } finally {
        for (const stop of stops) await stop();
      }
      logger.info('Stopped.');
    });
  withExamples(command, 'kpool start', 'kpool start --role run', 'kpool start --role web');
};
