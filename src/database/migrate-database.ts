import { usePostgres } from '../core/postgres/driver';
import { migrate, type MigrateResult } from '../store/migrations/migrate';
import type { OpenDatabase } from './open-database';

/** Applies this build's migrations to an open database; throws as `migrate` does. */
export async function migrateDatabase(
  { url }: Pick<OpenDatabase, 'url'>,
  log: (line: string) => void,
): Promise<MigrateResult> {
  return usePostgres({ url, applicationName: 'kpool migrate', onNotice: log }, (sql) =>
    migrate(sql, { log }),
  );
}
