import { rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfAborted } from '../../core/clock';
import { KpoolError } from '../../core/errors';
import { findPackagedBinaries, readMajorVersion, reachableBinaries, type Binaries } from './binaries';
import {
  createCluster,
  findClusterVersion,
  removeUnfinished,
  runSingleUser,
  startCluster,
  type Cluster,
} from './cluster';
import { dataDirectoryIn, passwordFileIn, prepareHome, prepareServerDirectory } from './home';
import { OWNER, findPassword, keepPassword, newPassword } from './password-file';
import { endOrphans, removeStalePidFile } from './postmaster';
import { findServerUser } from './server-user';
import { embeddedSettings } from './settings';

/** The server logs little (settings.ts); the log is rotated at this size, so it never takes more than twice that. */
const MAX_LOG_BYTES = 10 * 1024 * 1024;

/** What lies under one KPOOL_HOME, and what it takes to run it. */
export interface Installation {
  readonly cluster: Cluster;
  readonly passwordFile: string;
  readonly logFile: string;
}

/** Creates the directories where needed. */
export async function prepareInstallation(home: string, given?: Binaries): Promise<Installation> {
  const packaged = given ?? (await findPackagedBinaries());
  const user = await findServerUser();
  await prepareHome(home, user);
  const serverDirectory = await prepareServerDirectory(home, user);
  return {
    cluster: {
      dataDirectory: dataDirectoryIn(serverDirectory),
      binaries: await reachableBinaries(packaged, user, serverDirectory),
      user,
    },
    passwordFile: passwordFileIn(home),
    logFile: join(serverDirectory, 'postgres.log'),
  };
}

export interface StartOptions {
  readonly port: number;
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Starts the server with our settings, after creating it if there is none. False if another process is doing so. Throws
 * `port.in-use` or `database.data-directory`.
 */
export async function startServer(
  { cluster, passwordFile, logFile }: Installation,
  { port, log, signal }: StartOptions,
): Promise<boolean> {
  const { dataDirectory } = cluster;
  await removeUnfinished(dataDirectory);
  if ((await findClusterVersion(dataDirectory)) === null) {
    log(`Creating the embedded PostgreSQL in ${dataDirectory}.`);
    const password = (await findPassword(passwordFile)) ?? (await keepPassword(passwordFile, newPassword()));
    await createCluster(cluster, { superuser: OWNER, password, database: OWNER, signal });
  }
  await refuseOtherVersion(cluster);
  await removeStalePidFile(dataDirectory);
  if ((await findPassword(passwordFile)) === null) {
    // Deleting the file renews the password; anyone who can delete it could read the data anyway.
    const renewed = newPassword();
    const statement = `ALTER ROLE "${OWNER}" PASSWORD '${renewed}'`;
    if (!(await runSingleUser(cluster, [statement], signal))) return false;
    await keepPassword(passwordFile, renewed);
  }
  const logSize = await stat(logFile).then(
    ({ size }) => size,
    () => 0,
  );
  if (logSize > MAX_LOG_BYTES) await rename(logFile, `${logFile}.1`);
  throwIfAborted(signal);
  if (await startCluster(cluster, embeddedSettings(port), logFile)) {
    log(`Started the embedded PostgreSQL on 127.0.0.1:${port}.`);
    return true;
  }
  await endOrphans(dataDirectory);
  return false;
}

/** A data directory belongs to one major version. */
async function refuseOtherVersion({ dataDirectory, binaries, user }: Cluster): Promise<void> {
  const [found, ours] = [await findClusterVersion(dataDirectory), await readMajorVersion(binaries, user)];
  if (found === String(ours)) return;
  throw new KpoolError(
    'database.data-directory',
    `${dataDirectory} was made by PostgreSQL ${found}; this kpool brings PostgreSQL ${ours}.`,
    {
      hint:
        `Run PostgreSQL ${found} on it and set DATABASE_URL to that server; or move the data with pg_dump ${found} ` +
        `into a new KPOOL_HOME. Do not delete it: it may hold history that the pool no longer serves.`,
    },
  );
}
