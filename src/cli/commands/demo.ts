import type { QueueSnapshot } from '../../../jobs/queue-snapshot';
import type { Config } from '../../config/config';
import { isKpoolError } from '../../core/errors';
import { usePostgres } from '../../core/postgres/driver';
import { Service } from '../../service/service';
import type { Session } from '../../service/session';
import type { LedgerRequest } from '../../sync/ledger/sync-ledger-scope';
import { STREAMS } from '../../sync/registry';
import { prepareDemo, type Demo } from '../../use-cases/demo/demo';
import { syncFirst } from '../../use-cases/demo/first-sync';
import { RETRY_BUDGET_MS } from '../../use-cases/manual-sync/retry-budget';
import { syncEverything } from '../../use-cases/manual-sync/sync-everything';
import { EVERYTHING, type SyncSelection } from '../../use-cases/manual-sync/sync-selection';
import type { StreamSummary } from '../../use-cases/manual-sync/sync-stream';
import type { WebServer } from '../../web/server';
import type { CliContext, ConfigureCommand } from '../context';
import { withExamples } from '../example';
import { limitHeapGrowth } from '../heap';
import { toDemoOverviewJson, formatDemoOverview, readDemoOverview } from '../output/demo-overview';
import { showProgress, toSummaryJson, formatSummaries, wellnessOf } from '../output/sync-summary';
import { exitByVerdict } from '../output/verdict';
import { playLive } from './demo/live-demo';

const ANY_FREE_PORT = 0;
const SIMULATED = 'All data are SIMULATED: no account, amount or machine is real.';

/** Syncs the streams, or all, and shows the progress. */
async function syncStreams(
  { output, signal }: CliContext,
  { service }: Session,
  streams: SyncSelection['streams'],
  request: LedgerRequest,
): Promise<readonly StreamSummary[]> {
  const tasks = { accounts: 1, streams: streams?.length ?? STREAMS.all.length };
  return output.withProgress((progress) =>
    syncEverything(service, {
      selection: { ...EVERYTHING, streams },
      request,
      signal,
      retryBudgetMs: RETRY_BUDGET_MS,
      onProgress: showProgress(progress, tasks),
    }),
  );
}

/** Serves the pages on the port of `kpool start`, or on a free one if that is taken. */
async function startDemoPages(
  context: CliContext,
  service: Service,
  readQueue: () => Promise<QueueSnapshot | null>,
): Promise<WebServer> {
  const usualPort = context.config().http.port ?? ANY_FREE_PORT;
  return service.startPages(usualPort, readQueue).catch((error: unknown) => {
    if (!isKpoolError(error, 'port.in-use')) throw error;
    return service.startPages(ANY_FREE_PORT, readQueue);
  });
}

/** Runs `work` on a service of the demo, and closes it. */
async function useService<T>(
  context: CliContext,
  config: Config,
  log: (line: string) => void,
  work: (service: Service) => Promise<T>,
): Promise<T> {
  const service = await Service.open(context, { config, logger: await context.commandLogger(), log });
  try {
    return await work(service);
  } finally {
    await service.close();
  }
}

/** Fills the database, and shows what an accountant and an operator would look at first. */
async function fillDatabase(context: CliContext, { session }: Service, demo: Demo): Promise<void> {
  const { output, clock } = context;
  await demo.writeEnvFile();
  output.note(`To run other commands on the demo: ${context.programName} --env ${demo.envFile} status`);
  output.note('First sync: three years of history, at the 2 requests a second that the pool allows.');
  const summaries = await syncFirst({
    simulator: demo.simulator,
    databaseUrl: session.database.url,
    clock,
    sync: (streams, request) => syncStreams(context, session, streams, request),
  });
  const connection = { url: session.database.url, applicationName: 'kpool demo' };
  const overview = await usePostgres(connection, readDemoOverview);
  output.result({ simulated: true, streams: toSummaryJson(summaries), ...toDemoOverviewJson(overview) }, () =>
    [formatSummaries(output, summaries), formatDemoOverview(context, overview), `\n${SIMULATED}`].join('\n'),
  );
  exitByVerdict(context, wellnessOf(summaries));
}

/** Fills the database, and says how to query it later. */
async function playOnce(context: CliContext, demo: Demo, service: Service): Promise<void> {
  await fillDatabase(context, service, demo);
  const { output, programName } = context;
  output.note(
    `The demo's PostgreSQL stops with this command. To query it, keep it running with: ${programName} --env ${demo.envFile} start --role web` +
      `, then: ${service.session.database.psqlHint ?? ''}`,
  );
}

/** Fills the database while its pages are served, then shows it live until Ctrl-C. */
async function playOn(context: CliContext, demo: Demo, service: Service): Promise<void> {
  const { output } = context;
  let live: Service | null = null;
  const { url } = await startDemoPages(context, service, async () => live?.readQueue() ?? null);
  output.note(`\nOpen ${url} in a browser. It shows all of this, until you press Ctrl-C.\n`);
  await fillDatabase(context, service, demo);
  output.note(`To query it with SQL: ${service.session.database.psqlHint ?? ''}`);
  await useService(
    context,
    demo.liveConfig,
    () => undefined,
    async (opened) => {
      live = opened;
      await playLive(context, demo, opened);
    },
  );
}

async function runDemo(context: CliContext, play: typeof playOn): Promise<void> {
  const { output } = context;
  const { home, database } = context.config();
  output.note(SIMULATED);
  const demo = await prepareDemo({
    home,
    port: database.embeddedPort + 1,
    nowMs: context.clock.now(),
    programName: context.programName,
  });
  try {
    await useService(
      context,
      demo.config,
      (line) => output.note(line),
      (service) => play(context, demo, service),
    );
  } finally {
    await demo.simulator.close();
  }
}

/** `kpool demo`: three years of a simulated pool in a real database, without set-up. */
export const configureDemo: ConfigureCommand = (command, context) => {
  command.option('--once', 'exit after the first sync').action(async (flags: { once?: boolean }) => {
    limitHeapGrowth();
    try {
      await runDemo(context, flags.once === true ? playOnce : playOn);
    } catch (error) {
      // Ctrl-C is the normal end of a demo, but an interruption with --once.
      if (flags.once === true || !isKpoolError(error, 'aborted')) throw error;
    }
  });
  withExamples(command, 'kpool demo', 'kpool demo --once --json');
};
