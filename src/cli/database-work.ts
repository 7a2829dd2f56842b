import postgres from 'postgres';
import { openDatabase, type OpenDatabase } from '../app/database';
import { migrateDatabase } from '../app/migration';
import { openPostgres } from '../core/postgres-driver';
import { classifyDatabaseError } from '../store/database-errors';
import type { CliContext } from './context';

const MAX_CONNECTIONS = 2;
const END_TIMEOUT_S = 5;

/** Opens the database of the configuration, migrates it, and leaves it when `work` has ended. */
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
    const sql = openPostgres(database.url, {
      maxConnections: MAX_CONNECTIONS,
      applicationName: `kpool ${name}`,
    });
    try {
      return await work(sql, database);
    } catch (error) {
      throw isOfDatabase(error) ? classifyDatabaseError(error) : error;
    } finally {
      await sql.end({ timeout: END_TIMEOUT_S });
    }
  } finally {
    await database.close();
  }
}

/** What the server said, or the connection to it: not a bug of ours. */
function isOfDatabase(error: unknown): boolean {
  if (error instanceof postgres.PostgresError) return true;
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^(CONNECT|CONNECTION_|ECONN|EPIPE)/.test(code);
}
