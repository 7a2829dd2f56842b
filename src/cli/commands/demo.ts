import type { QueueSnapshot } from '../../../jobs/queue-snapshot';
import type { Config } from '../../config/config';
import { isKpoolError } from '../../core/errors';
import { usePostgres } from '../../core/postgres/driver';
import { Service } from '../../service/service';
import type { Session } from '../../service/session';
import { WHAT_IS_DUE, type LedgerRequest } from '../../sync/ledger/sync-ledger-scope';
import { STREAMS } from '../../sync/registry';
import { prepareDemo, type Demo } from '../../use-cases/demo/demo';
import { correctIncome } from '../../use-cases/demo/events';
import { seedFleetHistory } from '../../use-cases/demo/history';
import { makeTrouble } from '../../use-cases/demo/troubles';
import { RETRY_BUDGET_MS } from '../../use-cases/manual-sync/retry-budget';
import { syncEverything } from '../../use-cases/manual-sync/sync-everything';
import { EVERYTHING, type SyncSelection } from '../../use-cases/manual-sync/sync-selection';
import type { StreamSummary } from '../../use-cases/manual-sync/sync-stream';
import type { WebServer } from '../../web/server';
import type { CliContext, ConfigureCommand } from '../context';
import { toDemoOverviewJson, formatDemoOverview, readDemoOverview } from '../demo-overview';
import { withExamples } from '../example';
import { limitHeapGrowth } from '../heap';
import { playLive } from '../live-demo';
import { showProgress, toSummaryJson, formatSummaries, wellnessOf } from '../sync-summary';
import { exitByVerdict } from '../verdict';

const ANY_FREE_PORT = 0;
const SIMULATED = 'All data are SIMULATED: no account, amount or machine is real.';

async function syncAll(
  context: CliContext,
  session: Session,
  streams: SyncSelection['streams'] = null,
  request: LedgerRequest = WHAT_IS_DUE,
): Promise<readonly StreamSummary[]> {
  return context.output.withProgress((progress) =>
    syncEverything(session.service, {
      selection: { ...EVERYTHING, streams },
      request,
      signal: context.signal,
      retryBudgetMs: RETRY_BUDGET_MS,
      onProgress: showProgress(progress, { accounts: 1, streams: streams?.length ?? STREAMS.all.length }),
    }),
  );
}

/**
 * The first sync. Workers come first, so that their simulated history can be added while income is read. Then the pool
 * corrects two rows, as real pools do, so that there are revisions.
 */
async function syncFirst(
  context: CliContext,
  session: Session,
  demo: Demo,
): Promise<readonly StreamSummary[]> {
  const { simulator } = demo;
  const nowMs = context.clock.now();
  makeTrouble(simulator, nowMs);
  await syncAll(context, session, ['workers']);
  const seeding = seedFleetHistory(session.database.url, simulator, nowMs);
  // Awaited below; a failure of the sync takes precedence.
  seeding.catch(() => undefined);
  const summaries = await syncAll(context, session);
  await seeding;
  const span = correctIncome(simulator, context.clock.now());
  await syncAll(context, session, ['earnings', 'rewards'], { verifyBeforeMs: context.clock.now(), span });
  await syncAll(context, session, ['account-income', 'sub-account-income']);
  return summaries;
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
async function fillDatabase(context: CliContext, session: Session, demo: Demo): Promise<void> {
  const { output } = context;
  output.note('First sync: three years of history, at the 2 requests a second that the pool allows.');
  const summaries = await syncFirst(context, session, demo);
  const connection = { url: session.database.url, applicationName: 'kpool demo' };
  const overview = await usePostgres(connection, readDemoOverview);
  output.result({ simulated: true, streams: toSummaryJson(summaries), ...toDemoOverviewJson(overview) }, () =>
    [formatSummaries(output, summaries), formatDemoOverview(context, overview), `\n${SIMULATED}`].join('\n'),
  );
  exitByVerdict(context, wellnessOf(summaries));
}

/** Fills the database, then shows it live until Ctrl-C, or returns if `isOnce`. */
async function playDemo(context: CliContext, demo: Demo, isOnce: boolean): Promise<void> {
  const { output } = context;
  await useService(
    context,
    demo.config,
    (line) => output.note(line),
    async (service) => {
      const { session } = service;
      let live: Service | null = null;
      if (!isOnce) {
        const { url } = await startDemoPages(context, service, async () => live?.readQueue() ?? null);
        output.note(`\nOpen ${url} in a browser. It shows all of this, until you press Ctrl-C.\n`);
      }
      const envFile = await demo.writeEnvFile();
      output.note(`To run other commands on the demo: ${context.programName} --env ${envFile} status`);
      await fillDatabase(context, session, demo);
      const psqlHint = session.database.psqlHint ?? '';
      if (isOnce) {
        output.note(
          `The demo's PostgreSQL stops with this command. To query it, keep it running with: ${context.programName} --env ${envFile} start --role web` +
            `, then: ${psqlHint}`,
        );
        return;
      }
      output.note(`To query it with SQL: ${psqlHint}`);
      await useService(
        context,
        demo.liveConfig,
        () => undefined,
        async (opened) => {
          live = opened;
          await playLive(context, demo, opened);
        },
      );
    },
  );
}

async function runDemo(context: CliContext, isOnce: boolean): Promise<void> {
  const { home, database } = context.config();
  context.output.note(SIMULATED);
  const demo = await prepareDemo({
    home,
    port: database.embeddedPort + 1,
    nowMs: context.clock.now(),
    programName: context.programName,
  });
  try {
    await playDemo(context, demo, isOnce);
  } finally {
    await demo.simulator.close();
  }
}

/** `kpool demo`: three years of a simulated pool in a real database, without set-up. */
export const configureDemo: ConfigureCommand = (command, context) => {
  command.option('--once', 'exit after the first sync').action(async (flags: { once?: boolean }) => {
    limitHeapGrowth();
    try {
      await runDemo(context, flags.once === true);
    } catch (error) {
      // Ctrl-C is the normal end of a demo, but an interruption with --once.
      if (flags.once === true || !isKpoolError(error, 'aborted')) throw error;
    }
  });
  withExamples(command, 'kpool demo', 'kpool demo --once --json');
};
