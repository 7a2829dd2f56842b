import { KpoolError } from '../../core/errors';
import type { MigrationFile } from './migration-files';
import type { MigrationRecord } from './migration-records';

/** A database compared with the migrations of this build. */
export interface MigrationState {
  /**
   * `failed`: one was started and not finished; `foreign`: it has migrations, but none of this build's; `newer`: it has
   * some that this build does not know; `changed`: one was applied with another text; `pending`: some are to be
   * applied.
   */
  readonly verdict: 'up to date' | 'pending' | 'newer' | 'foreign' | 'failed' | 'changed';
  readonly pending: readonly string[];
  readonly unknown: readonly string[];
  readonly failed: readonly string[];
  readonly changed: readonly string[];
  readonly appliedCount: number;
}

/** Compares the migrations of this build with the records of the database. */
export function judgeMigrations(
  files: readonly MigrationFile[],
  records: readonly MigrationRecord[],
): MigrationState {
  const finished = new Map(
    records.filter((record) => record.finished).map((record) => [record.name, record]),
  );
  const known = new Set(files.map((file) => file.name));
  const failed = records.filter((record) => !record.finished).map((record) => record.name);
  const unknown = [...finished.keys()].filter((name) => !known.has(name));
  const changed = files
    .filter((file) => (finished.get(file.name)?.checksum ?? file.checksum) !== file.checksum)
    .map((file) => file.name);
  const pending = files.filter((file) => !finished.has(file.name)).map((file) => file.name);
  const appliedCount = finished.size - unknown.length;
  return {
    verdict: verdictOf({ failed, unknown, changed, pending, appliedCount }),
    pending,
    unknown,
    failed,
    changed,
    appliedCount,
  };
}

/** Throws `database.refused`, `database.newer` or `database.migration-failed` unless migrations may be applied. */
export function requireMigratable(state: MigrationState): void {
  switch (state.verdict) {
    case 'up to date':
    case 'pending':
      return;
    case 'failed':
      throw new KpoolError(
        'database.migration-failed',
        `The migration ${state.failed.join(', ')} was started and not finished, by another tool.`,
        {
          hint: `See column logs of public._prisma_migrations for the reason. Undo what is left of it and run: UPDATE public._prisma_migrations SET rolled_back_at = now() WHERE finished_at IS NULL; then start again. Or restore a backup.`,
        },
      );
    case 'newer':
      throw new KpoolError(
        'database.newer',
        `The database was migrated by a newer version of kucoin-pool-sync (${state.unknown.join(', ')}).`,
        {
          hint: 'Run that version or a later one, or restore a backup made before it.',
        },
      );
    case 'foreign':
      throw new KpoolError(
        'database.refused',
        `The database was made by a build of kucoin-pool-sync from before its first release, or by another program (${state.unknown[0] ?? ''}, …).`,
        {
          hint: 'There is no upgrade from such a build. Give kucoin-pool-sync an empty database (CREATE DATABASE kpool; or, without DATABASE_URL, another KPOOL_HOME): it reads everything from the pool again.',
        },
      );
    case 'changed':
      throw new KpoolError(
        'database.migration-failed',
        `The migration ${state.changed.join(', ')} was applied with a text that differs from this program's.`,
        {
          hint: 'Run the version that applied it or a released one; if the files were edited or their line ends changed, reinstall the program.',
        },
      );
  }
}

function verdictOf(state: Omit<MigrationState, 'verdict'>): MigrationState['verdict'] {
  if (state.failed.length > 0) return 'failed';
  if (state.unknown.length > 0) return state.appliedCount === 0 ? 'foreign' : 'newer';
  if (state.changed.length > 0) return 'changed';
  return state.pending.length > 0 ? 'pending' : 'up to date';
}
