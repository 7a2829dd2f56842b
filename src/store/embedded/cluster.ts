import { randomBytes } from 'node:crypto';
import { appendFile, chown, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { KpoolError } from '../../core/errors';
import { majorVersionOf, type Binaries } from './binaries';
import { runCommand, type ServerUser } from './command';
import { writeServerFile } from './server-files';

/** One data directory and what is needed to work on it. */
export interface Cluster {
  readonly dataDirectory: string;
  readonly binaries: Binaries;
  readonly user: ServerUser | null;
}

export interface NewCluster {
  readonly superuser: string;
  readonly password: string;
  /** Made together with the cluster. */
  readonly database: string;
  readonly signal?: AbortSignal | undefined;
}

/** Server parameters by name, e.g. `{ port: '54329' }`. */
export type Settings = Readonly<Record<string, string>>;

const UNFINISHED = '.new';
const SETTINGS_FILE = 'kpool.conf';
/** Recovery after a crash, and the last checkpoint, take as long as the disk needs. */
const START_TIMEOUT_S = 600;
const STOP_TIMEOUT_S = 600;
/** From this version on, PostgreSQL brings a collation of its own. */
const BUILTIN_LOCALE_SINCE = 17;
const LOG_TAIL_LINES = 12;

/**
 * Makes the data directory, with the superuser and a database. It appears complete or not at all: the work is done
 * beside it and renamed, so that a killed process leaves only what `removeUnfinished` clears away.
 */
export async function createCluster(cluster: Cluster, options: NewCluster): Promise<void> {
  const { binaries, user, dataDirectory } = cluster;
  // Never used again: an initdb whose parent was killed may go on writing to its own.
  const unfinished = `${dataDirectory}.${randomBytes(6).toString('hex')}${UNFINISHED}`;
  const passwordFile = `${unfinished}.password`;
  try {
    await mkdir(unfinished, { mode: 0o700 });
    await writeFile(passwordFile, `${options.password}\n`, { mode: 0o600, flag: 'wx' });
    if (user !== null) {
      await chown(unfinished, user.uid, user.gid);
      await chown(passwordFile, user.uid, user.gid);
    }
    const major = await majorVersionOf(binaries, user);
    await run(binaries.initdb, {
      user,
      signal: options.signal,
      args: [
        ...['--pgdata', unfinished, '--username', options.superuser, `--pwfile=${passwordFile}`],
        ...['--auth=scram-sha-256', '--encoding=UTF8', '--no-instructions', '--no-locale'],
        // Text order must not depend on the machine's C library: an upgrade of it would break indexes.
        ...(major >= BUILTIN_LOCALE_SINCE ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : []),
      ],
    });
    await appendFile(join(unfinished, 'postgresql.conf'), `\ninclude_if_exists = '${SETTINGS_FILE}'\n`);
    await runSingleUser(
      { ...cluster, dataDirectory: unfinished },
      `CREATE DATABASE "${options.database}"`,
      options.signal,
    );
    await rename(unfinished, dataDirectory);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** Clears away what killed processes left beside the data directory. */
export async function removeUnfinished(cluster: Cluster): Promise<void> {
  const directory = dirname(cluster.dataDirectory);
  for (const name of await readdir(directory)) {
    if (!name.startsWith(`${basename(cluster.dataDirectory)}.`) || !name.includes(UNFINISHED)) continue;
    // One that is being written to at this moment is left to the next start.
    await rm(join(directory, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

/** One statement on one line, run without a server: only on a stopped cluster. */
export async function runSingleUser(
  cluster: Cluster,
  statement: string,
  signal?: AbortSignal,
): Promise<void> {
  await run(cluster.binaries.postgres, {
    args: ['--single', '-c', 'exit_on_error=true', '-D', cluster.dataDirectory, 'postgres'],
    user: cluster.user,
    input: `${statement};\n`,
    signal,
  });
}

/** The version that made the data directory, e.g. `18`; null when there is no such directory. */
export async function findClusterVersion(dataDirectory: string): Promise<string | null> {
  return readFile(join(dataDirectory, 'PG_VERSION'), 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
}

/**
 * Starts the server and waits until it accepts connections. It lives on in a session of its own: neither our end
 * nor Ctrl-C in our terminal reaches it. Throws `port.in-use` or `database.data-directory`.
 */
export async function startCluster(cluster: Cluster, settings: Settings, logFile: string): Promise<void> {
  await writeServerFile(cluster.user, join(cluster.dataDirectory, SETTINGS_FILE), settingsText(settings));
  const args = ['start', '-D', cluster.dataDirectory, '-l', logFile, '-w', '-t', String(START_TIMEOUT_S)];
  const logLengthBefore = (await readLog(logFile)).length;
  const { exitCode, output } = await runCommand(cluster.binaries.pgCtl, args, { user: cluster.user });
  if (exitCode === 0) return;
  const log = (await readLog(logFile)).subarray(logLengthBefore).toString('utf8');
  if (/could not bind .*(?:in use|Only one usage)/.test(log)) throw portInUse(settings['port'] ?? '5432');
  throw new KpoolError(
    'database.data-directory',
    `PostgreSQL did not start: ${lastLines(log) || output.trim()}`,
    {
      hint: `Its whole log is in ${logFile}.`,
    },
  );
}

/** `fast`: open sessions are ended, data is safe. `immediate`: only for a cluster that is thrown away. */
export async function stopCluster(cluster: Cluster, mode: 'fast' | 'immediate'): Promise<void> {
  const args = ['stop', '-D', cluster.dataDirectory, '-m', mode, '-w', '-t', String(STOP_TIMEOUT_S)];
  await run(cluster.binaries.pgCtl, { args, user: cluster.user });
}

export function portInUse(port: string): KpoolError {
  return new KpoolError('port.in-use', `Port ${port} on 127.0.0.1 is used by another program.`, {
    hint: 'Choose another port for the embedded PostgreSQL with KPOOL_PG_PORT.',
  });
}

function settingsText(settings: Settings): string {
  const lines = Object.entries(settings).map(
    ([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`,
  );
  return `# Written by kpool at every start. Your own settings: ALTER SYSTEM, or postgresql.auto.conf.\n${lines.join('')}`;
}

async function readLog(file: string): Promise<Buffer> {
  return readFile(file).catch(() => Buffer.alloc(0));
}

interface Run {
  readonly args: readonly string[];
  readonly user: ServerUser | null;
  readonly input?: string;
  readonly signal?: AbortSignal | undefined;
}

async function run(program: string, { args, ...options }: Run): Promise<void> {
  const { exitCode, output } = await runCommand(program, args, options);
  if (exitCode === 0) return;
  throw new KpoolError('database.data-directory', `PostgreSQL could not be set up: ${lastLines(output)}`, {
    hint: 'Look at the free space and the permissions of KPOOL_HOME, or set DATABASE_URL to a PostgreSQL of your own.',
  });
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-LOG_TAIL_LINES).join('\n');
}
