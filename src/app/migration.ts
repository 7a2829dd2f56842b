import postgres from 'postgres';
import { migrate, type MigrateResult } from '../store/migrate';
import type { OpenDatabase } from './database';

/** Brings an open database to the form that this build needs; throws as `migrate` does. */
export async function migrateDatabase(
  database: Pick<OpenDatabase, 'url'>,
  log: (line: string) => void,
): Promise<MigrateResult> {
  const sql = postgres(database.url.reveal(), {
    max: 1,
    onnotice: (notice) => log(notice['message'] ?? ''),
    connection: { application_name: 'kpool migrate' },
  });
  try {
    return await migrate(sql, { log });
  } finally {
    await sql.end({ timeout: 5 });
  }
}
