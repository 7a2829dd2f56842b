import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { KpoolError } from '../../core/errors';
import { findProgramFolder } from '../../core/program-folder';

/** A migration of this build. */
export interface MigrationFile {
  /** The directory's name: 14 digits and a topic; migrations are applied in the order of their names. */
  readonly name: string;
  readonly script: string;
  /** SHA-256 of the file, in hex: what Prisma's schema engine records too. */
  readonly checksum: string;
}

const SCRIPT_NAME = 'migration.sql';

export const findMigrationsDirectory = (): string => path.join(findProgramFolder(), 'prisma', 'migrations');

/** Every migration in `directory`, in the order in which they are applied. */
export async function readMigrationFiles(directory: string): Promise<MigrationFile[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    return await Promise.all(names.sort().map((name) => readMigrationFile(directory, name)));
  } catch (cause) {
    throw new KpoolError('database.migration-failed', `The migrations in ${directory} cannot be read.`, {
      hint: 'Reinstall the program: prisma/migrations is part of it.',
      cause,
    });
  }
}

async function readMigrationFile(directory: string, name: string): Promise<MigrationFile> {
  const bytes = await readFile(path.join(directory, name, SCRIPT_NAME));
  return {
    name,
    script: bytes.toString('utf8'),
    checksum: createHash('sha256').update(bytes).digest('hex'),
  };
}
