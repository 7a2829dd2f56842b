import { randomBytes } from 'node:crypto';
import { chmod, chown, lstat, mkdir, readdir, realpath, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { KpoolError } from '../../core/errors';
import { runCommand, type ServerUser } from './command';

/** What lies where under KPOOL_HOME. */
export interface HomePaths {
  readonly lock: string;
  readonly users: string;
  readonly passwordFile: string;
  /** What the server itself may read and write: its data and its log. */
  readonly serverDirectory: string;
}

/** Used when we are root and the server's own user may not enter KPOOL_HOME, as under /root. */
const FALLBACK_DIRECTORY = '/var/lib/kpool';
/** pg_ctl passes paths through the shell. */
const UNSAFE_IN_SHELL = /["$`\\\n]/;

export function homePaths(home: string): HomePaths {
  return {
    lock: join(home, 'lock'),
    users: join(home, 'users'),
    passwordFile: join(home, 'pgpass'),
    serverDirectory: join(home, 'postgres'),
  };
}

export function dataDirectoryIn(serverDirectory: string): string {
  return join(serverDirectory, 'data');
}

/** Makes KPOOL_HOME if there is none: for its owner only, except that the server's user may pass through. */
export async function prepareHome(home: string, user: ServerUser | null): Promise<void> {
  if (process.platform !== 'win32' && UNSAFE_IN_SHELL.test(home)) {
    throw new KpoolError('config.invalid', `KPOOL_HOME must not contain quotes, $ or backslashes: ${home}`);
  }
  const firstMade = await mkdir(home, { recursive: true, mode: 0o700 });
  // A directory that holds something already may be shared with others: then its mode is not ours to change.
  const empty = firstMade !== undefined || (await readdir(home)).length === 0;
  if (!empty) return;
  for (const directory of directoriesBetween(firstMade ?? home, home)) {
    if (user !== null) await chown(directory, 0, user.gid);
    await chmod(directory, user === null ? 0o700 : 0o710);
  }
}

/** `from`, …, `to`, where `from` is `to` or one of its ancestors. */
function directoriesBetween(from: string, to: string): string[] {
  const directories = [to];
  for (let current = to; current !== from && dirname(current) !== current; current = dirname(current)) {
    directories.push(dirname(current));
  }
  return directories;
}

/**
 * The real path of the server's directory, made if there is none, owned by the server's user. Where that user may
 * not enter `home`, the directory is a link to one under /var/lib/kpool. Callers hold the process lock.
 */
export async function prepareServerDirectory(home: string, user: ServerUser | null): Promise<string> {
  const { serverDirectory } = homePaths(home);
  if ((await lstat(serverDirectory).catch(() => null)) === null) await createServerDirectory(home, user);
  return realpath(serverDirectory);
}

async function createServerDirectory(home: string, user: ServerUser | null): Promise<void> {
  const { serverDirectory } = homePaths(home);
  if (user === null || (await mayEnter(user, home))) return createOwned(serverDirectory, user);
  const elsewhere = join(FALLBACK_DIRECTORY, randomBytes(6).toString('hex'));
  await mkdir(FALLBACK_DIRECTORY, { recursive: true, mode: 0o755 });
  await createOwned(elsewhere, user);
  await symlink(elsewhere, serverDirectory);
}

async function createOwned(directory: string, user: ServerUser | null): Promise<void> {
  await mkdir(directory, { mode: 0o700 });
  if (user !== null) await chown(directory, user.uid, user.gid);
}

async function mayEnter(user: ServerUser, directory: string): Promise<boolean> {
  const { exitCode } = await runCommand('test', ['-x', directory], { user });
  return exitCode === 0;
}

/** For an error of the file system: no permission, no space, read-only, a file in the way. */
export function unusableHome(home: string, cause: unknown): KpoolError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new KpoolError('database.data-directory', `KPOOL_HOME (${home}) cannot be used: ${reason}`, {
    hint: 'Give it a directory that this user may write to, with some hundred MB free.',
    cause,
  });
}
