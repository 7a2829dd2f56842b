import { prepareDemo, type Demo } from '../../app/demo/demo';
import { correctIncome } from '../../app/demo/events';
import { seedFleetHistory } from '../../app/demo/history';
import { makeTrouble } from '../../app/demo/troubles';
import { openSession, type Session } from '../../app/session';
import { RETRY_BUDGET_MS } from '../../app/service/retry-budget';
import { syncEverything } from '../../app/sync-everything';
import type { StreamSummary } from '../../app/sync-stream';
import { EVERYTHING, type SyncSelection } from '../../app/sync-selection';
import { requireAccounts } from '../../config/require-accounts';
import { isKpoolError } from '../../core/errors';
import { END_TIMEOUT_S } from '../../core/postgres/connection';
import { openPostgres } from '../../core/postgres/driver';
import { countRows, readCompleteness, readMonthsOfIncome } from '../../report/demo-overview';
import { readStreamFreshness } from '../../report/status/stream-freshness';
import { STREAMS } from '../../sync/registry';
import { WHAT_IS_DUE, type LedgerRequest } from '../../sync/ledger/sync-ledger-scope';
import type { CliContext, ConfigureCommand } from '../context';
import { withExamples } from '../example';
import { limitHeapGrowth } from '../heap';
import { openDemoPage, type DemoPage } from '../demo-page';
import { liveOn } from '../live-demo';
import { formatRelative } from '../output/times';
import { describeFreshness } from '../status-summary';
import { showProgress, summaryJson, formatSummaries, wellnessOf } from '../sync-summary';
import { exitByVerdict } from '../verdict';

const MONTHS_SHOWN = 4;
const SIMULATED = 'All data are SIMULATED: no account, amount or machine is real.';

async function syncAll(
  context: CliContext,
  session: Session,
  streams: SyncSelection['streams'] = null,
  request: LedgerRequest = WHAT_IS_DUE,
): Promise<readonly StreamSummary[]> {
  const progress = await context.output.progress();
  try {
    return await syncEverything(session.service, {
      selection: { ...EVERYTHING, streams },
      request,
      signal: context.signal,
      retryBudgetMs: RETRY_BUDGET_MS,
      onProgress: showProgress(progress, 1, streams?.length ?? STREAMS.all.length),
    });
  } finally {
    progress.stop();
  }
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

/** What an accountant and an operator would look at first. */
async function readOverview(session: Session) {
  const sql = await openPostgres({ url: session.database.url, applicationName: 'kpool demo' });
  try {
    const [income, freshness, completeness, rows] = await Promise.all([
      readMonthsOfIncome(sql, MONTHS_SHOWN),
      readStreamFreshness(sql),
      readCompleteness(sql),
      countRows(sql),
    ]);
    return { income, freshness, completeness, rows };
  } finally {
    await sql.end({ timeout: END_TIMEOUT_S });
  }
}

type DemoOverview = Awaited<ReturnType<typeof readOverview>>;

function overviewText({ output, clock }: CliContext, overview: DemoOverview): string {
  const heading = (text: string): string => `\n${output.colour.bold(text)}`;
  const number = (name: string) => ({ heading: name, isNumber: true });
  const withRows = overview.rows.filter(({ rows }) => rows !== '0');
  return [
    heading('Income by month and currency (latest months)'),
    output.table(
      [{ heading: 'month' }, { heading: 'currency' }, number('settled'), number('pending'), number('total')],
      overview.income.map((row) => [row.month, row.currency, row.settled, row.pending, row.total]),
    ),
    heading('Freshness'),
    output.table(
      [{ heading: 'stream' }, number('scopes'), { heading: 'last success' }, { heading: 'state' }],
      overview.freshness.map((row) => [
        row.stream,
        String(row.scopes),
        row.lastSuccessAt === null ? null : formatRelative(row.lastSuccessAt.getTime(), clock.now()),
        describeFreshness(row),
      ]),
    ),
    heading('Completeness by sub-account'),
    output.table(
      [
        { heading: 'stream' },
        { heading: 'sub-account' },
        { heading: 'algo' },
        { heading: 'state' },
        number('rows'),
        number('certificates'),
      ],
      overview.completeness.map((row) => [
        row.stream,
        row.subAccount,
        row.algo,
        row.state,
        row.rows,
        row.certificates,
      ]),
    ),
    heading('Rows'),
    output.table(
      [{ heading: 'table' }, number('rows')],
      withRows.map((row) => [row.table, row.rows]),
    ),
  ].join('\n');
}

async function runDemo(context: CliContext, isOnce: boolean): Promise<void> {
  const { output, clock, signal } = context;
  const { home, database } = context.config();
  output.note(SIMULATED);
  const demo = await prepareDemo({ home, port: database.embeddedPort + 1, nowMs: clock.now() });
  try {
    const session = await openSession({
      config: demo.config,
      accounts: requireAccounts(demo.config),
      clock,
      random: Math.random,
      logger: await context.commandLogger(),
      signal,
      log: (line) => output.note(line),
    });
    let page: DemoPage | null = null;
    try {
      context.hideAddress(session.database.url);
      if (!isOnce) {
        page = await openDemoPage(context, session, demo);
        output.note(`\nOpen ${page.url} in a browser. It shows all of this, until you press Ctrl-C.\n`);
      }
      const envFile = await demo.writeEnvFile();
      output.note(`To run other commands on the demo: kpool --env ${envFile} status`);
      output.note('First sync: three years of history, at the 2 requests a second that the pool allows.');
      const summaries = await syncFirst(context, session, demo);
      const overview = await readOverview(session);
      output.result({ simulated: true, streams: summaryJson(summaries), ...toJson(overview) }, () =>
        [formatSummaries(output, summaries), overviewText(context, overview), `\n${SIMULATED}`].join('\n'),
      );
      exitByVerdict(context, wellnessOf(summaries));
      if (page === null) {
        output.note(
          `The demo's PostgreSQL stops with this command. To query it, keep it running with: kpool --env ${envFile} start --role web` +
            `, then: ${session.database.psqlHint ?? ''}`,
        );
        return;
      }
      output.note(`To query it with SQL: ${session.database.psqlHint ?? ''}`);
      await liveOn(context, demo, page);
    } finally {
      await page?.close();
      await session.close();
    }
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

function toJson(overview: DemoOverview) {
  return {
    income: overview.income.map((row) => ({ ...row })),
    freshness: overview.freshness.map((row) => ({
      ...row,
      lastSuccessAt: row.lastSuccessAt?.toISOString() ?? null,
    })),
    completeness: overview.completeness.map((row) => ({ ...row })),
    rows: overview.rows.map((row) => ({ ...row })),
  };
}
