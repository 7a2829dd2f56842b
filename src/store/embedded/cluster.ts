import { randomBytes } from 'node:crypto';
import { appendFile, chown, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { KpoolError } from '../../core/errors';
import { readMajorVersion, type Binaries } from './binaries';
import { isAlive, runCommand, type CommandOptions, type ServerUser } from './command';

/** A data directory and what it takes to work on it. */
export interface Cluster {
  readonly dataDirectory: string;
  readonly binaries: Binaries;
  readonly user: ServerUser | null;
}

export interface NewCluster {
  readonly superuser: string;
  readonly password: string;
  /** Created with the cluster. */
  readonly database: string;
  readonly signal?: AbortSignal | undefined;
}

/** Server parameters by name, e.g. `{ port: '54329' }`. */
export type Settings = Readonly<Record<string, string>>;

const UNFINISHED = '.new';
const SETTINGS_FILE = 'kpool.conf';
/** Recovery after a crash, and the last checkpoint, depend on the speed of the disk. */
const START_TIMEOUT_S = 600;
const STOP_TIMEOUT_S = 600;
/** The first version of PostgreSQL with a built-in collation. */
const BUILTIN_LOCALE_SINCE = 17;
const LOG_TAIL_LINES = 12;
/** What PostgreSQL says while another server uses the data directory, or is just leaving it. */
const TAKEN = /lock file "postmaster\.pid" (?:already exists|is empty)|pre-existing shared memory block/;
const PORT_IN_USE = /could not bind .*(?:in use|Only one usage)/;

/**
 * Creates the data directory, with the superuser and a database, unless another process was faster. It is built beside
 * its final place and renamed, so that it is never seen incomplete.
 */
export async function createCluster(cluster: Cluster, options: NewCluster): Promise<void> {
  const { binaries, user, dataDirectory } = cluster;
  // A new name each time: an initdb whose parent was killed may still be writing to its own.
  const unfinished = `${dataDirectory}.${process.pid}.${randomBytes(6).toString('hex')}${UNFINISHED}`;
  const passwordFile = `${unfinished}.password`;
  const { signal } = options;
  try {
    await mkdir(unfinished, { mode: 0o700 });
    await writeFile(passwordFile, `${options.password}\n`, { mode: 0o600, flag: 'wx' });
    if (user !== null) {
      await chown(unfinished, user.uid, user.gid);
      await chown(passwordFile, user.uid, user.gid);
    }
    const major = await readMajorVersion(binaries, user);
    const args = [
      '--pgdata',
      unfinished,
      '--username',
      options.superuser,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--no-instructions',
      '--no-locale',
      // Text order must not depend on the C library of the host: upgrading that would break indexes.
      ...(major >= BUILTIN_LOCALE_SINCE ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : []),
    ];
    await run(binaries.initdb, args, { user, signal });
    await appendFile(join(unfinished, 'postgresql.conf'), `\ninclude_if_exists = '${SETTINGS_FILE}'\n`);
    const statements = [
      `CREATE DATABASE "${options.database}"`,
      'REVOKE CONNECT ON DATABASE postgres FROM PUBLIC',
    ];
    await runSingleUser({ ...cluster, dataDirectory: unfinished }, statements, signal);
    await rename(unfinished, dataDirectory).catch(async (error: unknown) => {
      if ((await findClusterVersion(dataDirectory)) === null) throw error;
    });
  } finally {
    await rm(passwordFile, { force: true });
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** Removes what killed processes left beside the data directory; what a living process is building stays. */
export async function removeUnfinished(dataDirectory: string): Promise<void> {
  const prefix = `${basename(dataDirectory)}.`;
  for (const name of await readdir(dirname(dataDirectory))) {
    if (!name.startsWith(prefix) || !name.includes(UNFINISHED)) continue;
    if (isAlive(Number(name.slice(prefix.length).split('.')[0]))) continue;
    // One that an orphaned initdb is still writing to is left for the next time.
    await rm(join(dirname(dataDirectory), name), { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Runs statements of one line each without a server. False when a server uses the data directory. */
export async function runSingleUser(
  { binaries, dataDirectory, user }: Cluster,
  statements: readonly string[],
  signal?: AbortSignal,
): Promise<boolean> {
  const args = ['--single', '-c', 'exit_on_error=true', '-D', dataDirectory, 'postgres'];
  const input = statements.map((statement) => `${statement};\n`).join('');
  const { exitCode, output } = await runCommand(binaries.postgres, args, { user, input, signal });
  if (TAKEN.test(output)) return false;
  requireSuccess(exitCode, output);
  return true;
}

/** The version that created the data directory, e.g. `18`; null when there is no such directory. */
export async function findClusterVersion(dataDirectory: string): Promise<string | null> {
  return readFile(join(dataDirectory, 'PG_VERSION'), 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
}

/**
 * Starts the server and waits until it accepts connections. It runs in a session of its own: neither our end nor Ctrl-C
 * in our terminal reaches it. False when another server uses the data directory, or is just leaving it.
 * Throws `port.in-use` or `database.data-directory`.
 */
export async function startCluster(cluster: Cluster, settings: Settings, logFile: string): Promise<boolean> {
  await writeSettings(cluster, settings);
  const args = ['start', '-D', cluster.dataDirectory, '-l', logFile, '-w', '-t', String(START_TIMEOUT_S)];
  const logBefore = await readLog(logFile);
  const { exitCode, output } = await runCommand(cluster.binaries.pgCtl, args, { user: cluster.user });
  if (exitCode === 0) return true;
  const log = (await readLog(logFile)).subarray(logBefore.length).toString('utf8');
  if (TAKEN.test(log)) return false;
  if (PORT_IN_USE.test(log)) {
    throw new KpoolError(
      'port.in-use',
      `Port ${settings['port'] ?? '5432'} on 127.0.0.1 is used by another program.`,
      { hint: 'Choose another port for the embedded PostgreSQL with KPOOL_PG_PORT.' },
    );
  }
  throw new KpoolError(
    'database.data-directory',
    `PostgreSQL did not start: ${lastLines(log) || output.trim()}`,
    { hint: `Its whole log is in ${logFile}.` },
  );
}

/** `fast`: ends open sessions, data is safe. `immediate`: only for a cluster that is thrown away. */
export async function stopCluster(cluster: Cluster, mode: 'fast' | 'immediate'): Promise<void> {
  const args = ['stop', '-D', cluster.dataDirectory, '-m', mode, '-w', '-t', String(STOP_TIMEOUT_S)];
  await run(cluster.binaries.pgCtl, args, { user: cluster.user });
}

/**
 * Atomic, since a server may be starting right now. As root, the file is written as the server's user: someone who can
 * make the database write files could otherwise place a link there, and root would write through it.
 */
async function writeSettings({ dataDirectory, user }: Cluster, settings: Settings): Promise<void> {
  const lines = Object.entries(settings).map(
    ([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`,
  );
  const text = `# Written by kpool at every start. Your own settings: ALTER SYSTEM, or postgresql.auto.conf.\n${lines.join('')}`;
  const file = join(dataDirectory, SETTINGS_FILE);
  // One process may open the same folder twice at once.
  const unfinished = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  if (user === null) {
    await writeFile(unfinished, text, { mode: 0o600 });
    return rename(unfinished, file);
  }
  const script = 'umask 077 && cat > "$1" && mv -f -- "$1" "$2"';
  await run('sh', ['-c', script, 'sh', unfinished, file], { user, input: text });
}

async function readLog(file: string): Promise<Buffer> {
  return readFile(file).catch(() => Buffer.alloc(0));
}

async function run(program: string, args: readonly string[], options: CommandOptions): Promise<void> {
  const { exitCode, output } = await runCommand(program, args, options);
  requireSuccess(exitCode, output);
}

function requireSuccess(exitCode: number, output: string): void {
  if (exitCode === 0) return;
  throw new KpoolError('database.data-directory', `PostgreSQL could not be set up: ${lastLines(output)}`, {
    hint: 'Check the free space and the permissions of KPOOL_HOME, or set DATABASE_URL to a PostgreSQL of your own.',
  });
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-LOG_TAIL_LINES).join('\n');
}
