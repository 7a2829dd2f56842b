import type postgres from 'postgres';
import { runJobs } from '../../jobs/run-jobs';
import type { Demo } from '../app/demo/demo';
import { createDemoEvents } from '../app/demo/events';
import { openSession } from '../app/session';
import { requireAccounts } from '../config/require-accounts';
import { isKpoolError } from '../core/errors';
import { END_TIMEOUT_S } from '../core/postgres/connection';
import { openPostgres } from '../core/postgres/driver';
import { createMetrics } from '../observability/metrics';
import { readSyncActivity } from '../report/status/sync-activity';
import type { CliContext } from './context';
import type { DemoPage } from './demo-page';
import { groupDigits } from './output/numbers';

/** How often something happens at the pool. */
const EVENT_EVERY_MS = 10_000;

/** Triggers events at the pool, and prints one line for each with what the jobs stored. */
async function playEvents({ output, clock }: CliContext, demo: Demo, sql: postgres.Sql, signal: AbortSignal) {
  const trigger = createDemoEvents(demo.simulator);
  let before = await readSyncActivity(sql);
  for (;;) {
    const event = trigger(clock.now());
    await clock.sleep(EVENT_EVERY_MS, signal);
    const now = await readSyncActivity(sql);
    const since = (count: keyof typeof now): string => groupDigits(String(now[count] - before[count]));
    output.note(
      `${event} Rows: ${since('inserted')} new, ${since('changed')} changed, ${since('unchanged')} verified. Requests: ${since('requests')}.`,
    );
    before = now;
  }
}

/**
 * Runs the service on the simulated pool, as `kpool start` does, while data there change, until Ctrl-C. Throws only if
 * the service cannot continue.
 */
export async function liveOn(context: CliContext, demo: Demo, page: DemoPage): Promise<void> {
  const { clock, output } = context;
  const config = demo.liveConfig;
  const logger = await context.commandLogger();
  const metrics = createMetrics();
  const unrecoverable = new AbortController();
  const session = await openSession({
    config,
    accounts: requireAccounts(config),
    clock,
    random: Math.random,
    logger,
    metrics,
    signal: context.signal,
    log: () => undefined,
    onUnrecoverable: (error) => unrecoverable.abort(error),
  });
  const sql = await openPostgres({ url: session.database.url, applicationName: 'kpool demo' });
  try {
    const jobs = await runJobs({
      service: session.service,
      databaseUrl: session.database.url,
      redisUrl: config.redisUrl,
      queueConnections: config.database.shares.queue,
      everyMs: config.sync.everyMs,
      keepDays: config.keepDays,
      clock,
      random: Math.random,
      log: logger,
      metrics,
      onUnrecoverable: (error) => unrecoverable.abort(error),
    });
    try {
      page.showJobs(() => jobs.readQueue());
      output.note(
        `\nThe service is running, like kpool start, and the pool's data change every ${EVENT_EVERY_MS / 1_000} s. ` +
          'Press Ctrl-C to stop.',
      );
      await playEvents(context, demo, sql, AbortSignal.any([context.signal, unrecoverable.signal]));
    } catch (error) {
      unrecoverable.signal.throwIfAborted();
      if (!isKpoolError(error, 'aborted')) throw error;
    } finally {
      await jobs.stop();
    }
  } finally {
    await sql.end({ timeout: END_TIMEOUT_S });
    await session.close();
  }
}
