import { Option } from 'commander';
import { requireAccounts } from '../../config/require-accounts';
import type { Logger } from '../../core/log';
import { sentenceOf, type Problem } from '../../report/wellness/problem';
import { Service } from '../../service/service';
import { requireFreePort } from '../../web/port';
import type { CliContext, ConfigureCommand } from '../context';
import { withExamples } from '../example';
import { limitHeapGrowth } from '../heap';

const ROLES = ['all', 'run', 'web'] as const;
type Role = (typeof ROLES)[number];

function logProblem(logger: Logger, problem: Problem): void {
  const { severity, kind, account } = problem;
  const level = severity === 'critical' ? 'error' : severity === 'warning' ? 'warn' : 'info';
  logger[level](sentenceOf(problem), { problem: kind, account });
}

/** Starts what processes of this role do. */
async function startParts(
  context: CliContext,
  service: Service,
  { role, pagesPort }: { readonly role: Role; readonly pagesPort: number | null },
  logger: Logger,
): Promise<void> {
  if (role !== 'web') {
    await service.startJobs();
    service.startAlerts();
    if (context.isLogForPeople) service.startMinuteReport();
  }
  if (pagesPort === null) return;
  const web = await service.startPages(pagesPort);
  logger.info(`The status page is at ${web.url}.`);
}

async function serve(context: CliContext, role: Role): Promise<void> {
  const config = context.config();
  if (role !== 'web') requireAccounts(config);
  const { host, port } = config.http;
  // Before anything is started: the database of a first start takes a minute.
  const pagesPort = role === 'run' ? null : port;
  if (pagesPort !== null) await requireFreePort(host, pagesPort);
  const logger = await context.logger();
  const service = await Service.open(context, { config, logger, log: (line) => logger.info(line) });
  try {
    const { database, service: syncing } = service.session;
    logger.info(`Using ${database.describe}.`);
    for (const problem of (await syncing.reports.readWellness()).problems) logProblem(logger, problem);
    await startParts(context, service, { role, pagesPort }, logger);
    await service.untilStopped();
    logger.info('Stopping: work in flight is committed or rolled back.');
  } finally {
    await service.close();
  }
  logger.info('Stopped.');
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
      await serve(context, role);
    });
  withExamples(command, 'kpool start', 'kpool start --role run', 'kpool start --role web');
};
