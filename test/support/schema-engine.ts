import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PROGRAM = path.join(__dirname, 'schema-engine-program.mjs');
const SCHEMA_FILE = path.join(__dirname, '..', '..', 'prisma', 'schema.prisma');

/** What `prisma migrate status` is made from. */
export interface EngineStatus {
  readonly editedMigrationNames: readonly string[];
  readonly failedMigrationNames: readonly string[];
  readonly hasMigrationsTable: boolean;
  /** null: in sync. */
  readonly history: unknown;
}

/** Prisma's own schema engine, as a process. On the server of `url` it may also create shadow databases. */
export function schemaEngine(url: string, migrationsDir: string, schemaFile = SCHEMA_FILE) {
  const ask = async (command: string): Promise<unknown> => {
    const { stdout } = await run(process.execPath, [PROGRAM, command, migrationsDir, schemaFile], {
      env: { ...process.env, DATABASE_URL: url },
    });
    return JSON.parse(stdout);
  };
  return {
    /** The SQL that would turn the migrated database into schema.prisma; empty if they agree. */
    drift: async () => ((await ask('drift')) as { drift: string }).drift,
    /** `prisma db pull`: the schema as it would be if it followed the database. */
    pull: async () =>
      ((await ask('pull')) as { schema: { files: { content: string }[] } }).schema.files
        .map((file) => file.content)
        .join('\n'),
    /** `prisma migrate deploy`; rejects with the engine's message. Returns the names applied. */
    deploy: async () => ((await ask('deploy')) as { appliedMigrationNames: string[] }).appliedMigrationNames,
    status: async () => (await ask('status')) as EngineStatus,
  };
}
