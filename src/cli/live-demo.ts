import type postgres from 'postgres';
import { runJobs } from '../../jobs/run-jobs';
import type { Demo } from '../app/demo';
import { openSession } from '../app/session';
import { requireAccounts } from '../config/require-accounts';
import { isKpoolError } from '../core/errors';
import { openPostgres } from '../core/postgres/driver';
import { createMetrics } from '../observability/metrics';
import { readActivity } from '../report/activity';
import type { CliContext } from './context';
import { groupDigits } from './output/numbers';

const DAY_MS = 86_400_000;
/** One simulated day passes in so much real time. */
const DAY_LASTS_MS = 10_000;

/** Prints what the jobs did, a line per simulated day. */
async function tellDays({ output, clock }: CliContext, demo: Demo, sql: postgres.Sql, signal: AbortSignal) {
  let before = await readActivity(sql);
  for (;;) {
    await clock.sleep(DAY_LASTS_MS, signal);
    const now = await readActivity(sql);
    const since = (count: keyof typeof now): string => groupDigits(String(now[count] - before[count]));
    const day = new Date(demo.simulator.clock.now()).toISOString().slice(0, 10);
    output.note(
      `Simulated day ${day}: ${since('inserted')} rows new, ${since('changed')} changed, ${since('unchanged')} verified, ${since('requests')} requests`,
    );
    before = now;
    // The pool's clock jumps and its data with it; the jobs find out in their normal course.
    demo.simulator.clock.advance(DAY_MS);
  }
}

/**
 * Runs the service on the simulated pool, as `kpool start` does, while simulated days pass, until Ctrl-C: the one way to
 * end it, and a good one.
 */
export async function liveOn(context: CliContext, demo: Demo): Promise<void> {
  const { clock, output } = context;
  const config = demo.liveConfig;
  const logger = await context.commandLogger();
  const metrics = createMetrics();
  const hopeless = new AbortController();
  const session = await openSession({
    config,
    accounts: requireAccounts(config),
    clock,
    random: Math.random,
    logger,
    metrics,
    signal: context.signal,
    log: () => undefined,
    onHopeless: (error) => hopeless.abort(error),
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
      onHopeless: (error) => hopeless.abort(error),
    });
    try {
      output.note(
        `\nThe service runs now, as kpool start would, and a simulated day passes every ${DAY_LASTS_MS / 1_000} s: the pool ` +
          'runs ahead of this host, by whose clock reports still count ages and say what is this month. Ctrl-C stops it.',
      );
      await tellDays(context, demo, sql, AbortSignal.any([context.signal, hopeless.signal]));
    } catch (error) {
      hopeless.signal.throwIfAborted();
      if (!isKpoolError(error, 'aborted')) throw error;
    } finally {
      await jobs.stop();
    }
  } finally {
    await sql.end({ timeout: 1 });
    await session.close();
  }
}
