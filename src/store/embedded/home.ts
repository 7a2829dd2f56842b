import { randomBytes } from 'node:crypto';
import { chown, lstat, mkdir, realpath, rmdir, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { KpoolError } from '../../core/errors';
import { runCommand, type ServerUser } from './command';

/** Used when we are root and the server's user has no access to KPOOL_HOME, as under /root. */
const FALLBACK_DIRECTORY = '/var/lib/kpool';
/** pg_ctl passes paths through the shell. */
const UNSAFE_IN_SHELL = /["$`\\\n]/;

/** The file with the password of the embedded server's only user. */
export function passwordFileIn(home: string): string {
  return join(home, 'pgpass');
}

/** Where the server itself reads and writes: its data and its log. May be a link. */
function serverDirectoryIn(home: string): string {
  return join(home, 'postgres');
}

export function dataDirectoryIn(serverDirectory: string): string {
  return join(serverDirectory, 'data');
}

/**
 * Creates KPOOL_HOME if it does not exist: for its owner only, except that the server's user may pass through. An
 * existing one stays as it is.
 */
export async function prepareHome(home: string, user: ServerUser | null): Promise<void> {
  if (process.platform !== 'win32' && UNSAFE_IN_SHELL.test(home)) {
    throw new KpoolError('config.invalid', `KPOOL_HOME must not contain quotes, $ or backslashes: ${home}`);
  }
  await mkdir(home, { recursive: true, mode: user === null ? 0o700 : 0o711 });
}

/**
 * The real path of the server's directory, created if it does not exist, owned by the server's user. Where that user
 * has no access to `home`, the directory is a link to one under /var/lib/kpool.
 */
export async function prepareServerDirectory(home: string, user: ServerUser | null): Promise<string> {
  const directory = serverDirectoryIn(home);
  const isThere = (await stat(directory).catch(() => null)) !== null;
  if (!isThere && user !== null && !(await mayEnter(user, home))) await linkElsewhere(directory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const real = await realpath(directory);
  // A process killed at this point may have left a directory that belongs to root.
  if (user !== null && (await stat(real)).uid === 0) await chown(real, user.uid, user.gid);
  return real;
}

async function linkElsewhere(directory: string): Promise<void> {
  await mkdir(FALLBACK_DIRECTORY, { recursive: true, mode: 0o755 });
  const elsewhere = join(FALLBACK_DIRECTORY, randomBytes(6).toString('hex'));
  await mkdir(elsewhere, { mode: 0o700 });
  try {
    await symlink(elsewhere, directory);
  } catch (error) {
    await rmdir(elsewhere);
    const isOfAnotherProcess = (await lstat(directory).catch(() => null)) !== null;
    if (!isOfAnotherProcess) throw error;
  }
}

async function mayEnter(user: ServerUser, directory: string): Promise<boolean> {
  const { exitCode } = await runCommand('test', ['-x', directory], { user });
  return exitCode === 0;
}

/** The error for a failure of the file system: no permission, no space, read-only, a file in the way. */
export function unusableHome(home: string, cause: unknown): KpoolError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new KpoolError('database.data-directory', `KPOOL_HOME (${home}) cannot be used: ${reason}`, {
    hint: 'Name a directory that this user may write to, with a few hundred MB free.',
    cause,
  });
}
