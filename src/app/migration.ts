import { END_TIMEOUT_S } from '../core/postgres/connection';
import { openPostgres } from '../core/postgres/driver';
import { migrate, type MigrateResult } from '../store/migrations/migrate';
import type { OpenDatabase } from './database';

/** Applies this build's migrations to an open database; throws as `migrate` does. */
export async function migrateDatabase(
  database: Pick<OpenDatabase, 'url'>,
  log: (line: string) => void,
): Promise<MigrateResult> {
  const sql = await openPostgres({
    url: database.url,
    applicationName: 'kpool migrate',
    onNotice: log,
  });
  try {
    return await migrate(sql, { log });
  } finally {
    // Nothing is in progress, but after a reserved connection broke, `end` would wait for its full default timeout.
    await sql.end({ timeout: END_TIMEOUT_S });
  }
}
