// Notices that the database is away or back, and restarts an embedded one.
import { millisecondsInMinute } from 'date-fns/constants';
import type { Clock } from '../core/clock';
import { isKpoolError, KpoolError, type ErrorCode } from '../core/errors';
import type { Logger } from '../core/log';
import type { PostgresSession } from '../core/postgres/session';
import type { OpenDatabase } from './open-database';

/**
 * A connection may break without notice. Together with the timeout of an answer (database.ts) this is below 15 s (P12).
 */
const CHECK_DATABASE_EVERY_MS = 3_000;
const RETRY_MS = 1_000;
/** How often the log says that the database is still away. */
const REPORT_AWAY_EVERY_MS = millisecondsInMinute;
/** For an embedded server only: after this long someone must look at it. */
const UNRECOVERABLE_AFTER_MS = millisecondsInMinute;
const UNRECOVERABLE: readonly ErrorCode[] = ['database.data-directory', 'port.in-use'];

export interface DatabaseWatchOptions {
  readonly database: Pick<OpenDatabase, 'connect'>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'error'>;
  /** Called when an embedded server ended and cannot be restarted: the process should exit and say why. */
  readonly onUnrecoverable: (error: KpoolError) => void;
}

export interface DatabaseWatch {
  stop(): Promise<void>;
}

/**
 * Logs when the database is unreachable, at once and every minute, and when it is back. The first process to notice
 * that an embedded server died restarts it.
 */
export function watchDatabase(options: DatabaseWatchOptions): DatabaseWatch {
  const stopping = new AbortController();
  const watching = watchConnection(options, stopping.signal).catch((error: unknown) => {
    if (!isKpoolError(error, 'aborted')) throw error;
  });
  return {
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}

async function watchConnection(options: DatabaseWatchOptions, signal: AbortSignal): Promise<never> {
  const { database, clock } = options;
  for (;;) {
    const loss = await database.connect(signal).then(
      (session) => waitForLoss(session, clock, signal),
      (error: unknown) => error,
    );
    if (isKpoolError(loss, 'aborted')) throw loss;
    await reconnect(options, loss, signal);
  }
}

/** Resolves with the reason when the connection has ended. */
async function waitForLoss(session: PostgresSession, clock: Clock, signal: AbortSignal): Promise<unknown> {
  for (;;) {
    const loss = await session.query('SELECT 1').then(
      () => undefined,
      (error: unknown) => error,
    );
    if (loss !== undefined) return loss;
    await Promise.race([session.ended, clock.sleep(CHECK_DATABASE_EVERY_MS, signal)]);
  }
}

/** Resolves when the database answers again. */
async function reconnect(options: DatabaseWatchOptions, loss: unknown, signal: AbortSignal): Promise<void> {
  const { database, clock, logger, onUnrecoverable } = options;
  const lostAtMs = clock.monotonicMs();
  const awayMs = (): number => clock.monotonicMs() - lostAtMs;
  const back = new AbortController();
  let reason = loss;
  const reportUntilBack = async (): Promise<void> => {
    for (;;) {
      const fields = { awaySeconds: Math.round(awayMs() / 1_000) };
      logger.error('The database is away; the connection is retried, and nothing is lost.', fields, reason);
      await clock.sleep(REPORT_AWAY_EVERY_MS, back.signal);
    }
  };
  const reporting = reportUntilBack().catch(() => undefined);
  try {
    for (;;) {
      const failure = await database.connect(signal).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure === undefined) break;
      if (isKpoolError(failure, 'aborted')) throw failure;
      reason = failure;
      if (awayMs() > UNRECOVERABLE_AFTER_MS && isUnrecoverable(failure))
        onUnrecoverable(cannotStart(failure));
      await clock.sleep(RETRY_MS, signal);
    }
  } finally {
    back.abort();
    await reporting;
  }
  logger.info('The database answers again.', { awaySeconds: Math.round(awayMs() / 1_000) });
}

function isUnrecoverable(error: unknown): error is KpoolError {
  return UNRECOVERABLE.some((code) => isKpoolError(error, code));
}

function cannotStart(cause: KpoolError): KpoolError {
  const hint = cause.hint === undefined ? {} : { hint: cause.hint };
  return new KpoolError(
    'database.unreachable',
    `The embedded PostgreSQL ended and cannot be restarted: ${cause.message}`,
    { ...hint, cause },
  );
}
