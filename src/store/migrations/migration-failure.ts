import postgres from 'postgres';
import { isKpoolError, KpoolError } from '../../core/errors';
import { SQLSTATE } from '../../core/postgres/error-table';
import { isTransient } from '../../core/postgres/errors';

/** Whether the connection is gone (the server's own errors leave it usable), and with it its transaction and locks. */
export function isConnectionLost(error: unknown): boolean {
  if (isKpoolError(error)) return error.code === 'database.unreachable';
  return !(error instanceof postgres.PostgresError);
}

/**
 * The error for a failure while applying `what` ("migration …", "view …"). Nothing of it was kept, since it was one
 * transaction. `holder`: the session that may have kept it waiting.
 */
export function migrationFailure(what: string, cause: unknown, holder: string | null = null): KpoolError {
  if (!(cause instanceof postgres.PostgresError)) {
    return new KpoolError(
      'database.unreachable',
      `The connection to the database was lost during the ${what}.`,
      {
        hint: 'Nothing of it was kept; it will be retried.',
        cause,
      },
    );
  }
  const message = `The ${what} could not be applied: ${cause.message}.`;
  if (cause.code === SQLSTATE.lockNotAvailable && holder !== null) {
    const hint = `Nothing of it was kept. ${holder} holds a table that it changes: end that session, then start again.`;
    return new KpoolError('database.failed', message, { hint, cause });
  }
  if (isTransient(cause)) {
    return new KpoolError('database.failed', message, {
      hint: 'Nothing of it was kept; it will be retried.',
      cause,
    });
  }
  return new KpoolError('database.migration-failed', message, { hint: hintFor(cause), cause });
}

function hintFor(cause: postgres.PostgresError): string {
  switch (cause.code) {
    case SQLSTATE.insufficientPrivilege:
      return 'Let the user of DATABASE_URL own the database (ALTER DATABASE … OWNER TO …), or grant it CREATE on the database and on its schema public.';
    case SQLSTATE.dependentObjectsStillExist:
      return `Views of your own use it (${cause.detail ?? 'see pg_depend'}). Drop them, start again, and recreate them.`;
    default:
      return 'Nothing of it was kept; start again once the cause is removed.';
  }
}
