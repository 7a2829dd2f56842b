import { randomUUID } from 'node:crypto';
import type { ISql } from 'postgres';
import type { MigrationFile } from './migration-files';

/** What the database remembers of one attempt to apply a migration. */
export interface MigrationRecord {
  readonly name: string;
  readonly checksum: string;
  readonly finished: boolean;
}

/**
 * Creates the table of applied migrations exactly as Prisma's schema engine does, so that each finds what the other
 * has applied.
 */
export async function createRecords(sql: ISql): Promise<void> {
  // Not IF NOT EXISTS: that needs the right to create in the schema even when there is nothing to create.
  if (await recordsExist(sql)) return;
  await sql`
    CREATE TABLE public._prisma_migrations (
      id                  varchar(36) PRIMARY KEY NOT NULL,
      checksum            varchar(64) NOT NULL,
      finished_at         timestamptz,
      migration_name      varchar(255) NOT NULL,
      logs                text,
      rolled_back_at      timestamptz,
      started_at          timestamptz NOT NULL DEFAULT now(),
      applied_steps_count integer NOT NULL DEFAULT 0
    )`;
}

/** The attempts that count: those marked as rolled back (`prisma migrate resolve`) do not. */
export async function readRecords(sql: ISql): Promise<MigrationRecord[]> {
  if (!(await recordsExist(sql))) return [];
  return sql<MigrationRecord[]>`
    SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished
      FROM public._prisma_migrations
     WHERE rolled_back_at IS NULL
     ORDER BY started_at`;
}

/** Makes every other migration of the database wait until the transaction ends. */
export async function lockRecords(sql: ISql): Promise<void> {
  await sql`LOCK TABLE public._prisma_migrations IN SHARE ROW EXCLUSIVE MODE`;
}

export async function isApplied(sql: ISql, file: MigrationFile): Promise<boolean> {
  return (await readRecords(sql)).some((record) => record.finished && record.name === file.name);
}

/** Records a migration as applied; to be sent in the transaction that applied it. */
export async function insertRecord(sql: ISql, file: MigrationFile): Promise<void> {
  await sql`
    INSERT INTO public._prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
    VALUES (${randomUUID()}, ${file.checksum}, ${file.name}, now(), clock_timestamp(), 1)`;
}

async function recordsExist(sql: ISql): Promise<boolean> {
  const [row] = await sql<
    { exists: boolean }[]
  >`SELECT to_regclass('public._prisma_migrations') IS NOT NULL AS exists`;
  return row?.exists === true;
}
