import type postgres from 'postgres';
import { usePostgres } from '../core/postgres/driver';
import { migrateDatabase } from '../database/migrate-database';
import { openDatabase, type OpenDatabase } from '../database/open-database';
import type { CliContext } from './context';

type DatabaseWork<T> = (sql: postgres.Sql, database: OpenDatabase) => Promise<T>;

/** Opens and migrates the configured database, runs `work`, and closes it. */
export async function workOnDatabase<T>(
  context: CliContext,
  name: string,
  work: DatabaseWork<T>,
): Promise<T> {
  return useDatabase(context, async (database) => {
    await migrateDatabase(database, (line) => context.output.note(line));
    return useConnection(database, name, work);
  });
}

/** The same without migrating it, for `work` that only looks. */
export async function lookAtDatabase<T>(
  context: CliContext,
  name: string,
  work: DatabaseWork<T>,
): Promise<T> {
  return useDatabase(context, (database) => useConnection(database, name, work));
}

/** Opens the configured database, runs `work`, and closes it. */
export async function useDatabase<T>(
  context: CliContext,
  work: (database: OpenDatabase) => Promise<T>,
): Promise<T> {
  const { output, signal } = context;
  const database = await openDatabase(context.config(), { log: (line) => output.note(line), signal });
  try {
    context.hideAddress(database.url);
    return await work(database);
  } finally {
    await database.close();
  }
}

async function useConnection<T>(database: OpenDatabase, name: string, work: DatabaseWork<T>): Promise<T> {
  return usePostgres({ url: database.url, applicationName: `kpool ${name}` }, (sql) => work(sql, database));
}
