import postgres from 'postgres';
import { isKpoolError, KpoolError } from '../../core/errors';

/** SQLSTATE classes that say nothing against the script: connection, serialization, resources, shutdown, lock. */
const PASSING = /^(08|40|53|55P03|57)/;
const INSUFFICIENT_PRIVILEGE = '42501';

/** Whether the connection is gone (the server's own errors leave it usable), and with it its transaction and locks. */
export function isConnectionLost(error: unknown): boolean {
  if (isKpoolError(error)) return error.code === 'database.unreachable';
  return !(error instanceof postgres.PostgresError);
}

/** What a failure while applying `name` means. Nothing of the migration is left: it was one transaction. */
export function migrationFailure(name: string, cause: unknown): KpoolError {
  if (!(cause instanceof postgres.PostgresError)) {
    return new KpoolError(
      'database.unreachable',
      `The connection to the database was lost during the migration ${name}.`,
      {
        hint: 'Nothing of it was kept; it will be tried again.',
        cause,
      },
    );
  }
  const message = `The migration ${name} could not be applied: ${cause.message}.`;
  if (PASSING.test(cause.code)) {
    return new KpoolError('database.failed', message, {
      hint: 'Nothing of it was kept; it will be tried again.',
      cause,
    });
  }
  return new KpoolError('database.migration-failed', message, {
    hint:
      cause.code === INSUFFICIENT_PRIVILEGE
        ? 'Let the user of DATABASE_URL own the database (ALTER DATABASE … OWNER TO …), or grant it CREATE on the database and on its schema public.'
        : 'Nothing of it was kept; start again once the cause is removed.',
    cause,
  });
}
