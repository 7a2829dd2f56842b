import type postgres from 'postgres';
import { openDatabase, type OpenDatabase } from '../app/database';
import { migrateDatabase } from '../app/migration';
import { END_TIMEOUT_S } from '../core/postgres/connection';
import { openPostgres } from '../core/postgres/driver';
import type { CliContext } from './context';

/** Opens and migrates the configured database, runs `work`, and closes it. */
export async function workOnDatabase<T>(
  context: CliContext,
  name: string,
  work: (sql: postgres.Sql, database: OpenDatabase) => Promise<T>,
): Promise<T> {
  const { output, signal } = context;
  const log = (line: string): void => output.note(line);
  const database = await openDatabase(context.config(), { log, signal });
  try {
    context.hideAddress(database.url);
    await migrateDatabase(database, log);
    const sql = await openPostgres({ url: database.url, applicationName: `kpool ${name}` });
    try {
      return await work(sql, database);
    } finally {
      await sql.end({ timeout: END_TIMEOUT_S });
    }
  } finally {
    await database.close();
  }
}
