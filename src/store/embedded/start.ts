import { createServer } from 'node:net';
import { throwIfAborted } from '../../core/clock';
import { KpoolError } from '../../core/errors';
import { majorVersionOf } from './binaries';
import {
  createCluster,
  findClusterVersion,
  removeUnfinished,
  portInUse,
  runSingleUser,
  startCluster,
  type Cluster,
} from './cluster';
import { OWNER, findPassword, writeNewPassword } from './password-file';
import { clearAfterCrash } from './postmaster';
import { embeddedSettings } from './settings';

export interface Start {
  readonly cluster: Cluster;
  readonly passwordFile: string;
  readonly port: number;
  readonly logFile: string;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal | undefined;
}

/** Starts the server under our settings, after making it at the very first time. Callers hold the process lock. */
export async function startEmbedded({
  cluster,
  passwordFile,
  port,
  logFile,
  log,
  signal,
}: Start): Promise<void> {
  await refuseUsedPort(port);
  await removeUnfinished(cluster);
  const password = await findPassword(passwordFile);
  if ((await findClusterVersion(cluster.dataDirectory)) === null) {
    log(`Creating the embedded PostgreSQL in ${cluster.dataDirectory}.`);
    const fresh = { superuser: OWNER, password: password ?? (await writeNewPassword(passwordFile)) };
    await createCluster(cluster, { ...fresh, database: OWNER, signal });
  } else {
    await clearAfterCrash(cluster.dataDirectory, signal);
    if (password === null) {
      // Deleted: the way to a new password, for someone who could read the data anyway.
      const renewed = await writeNewPassword(passwordFile);
      await runSingleUser(cluster, `ALTER ROLE "${OWNER}" PASSWORD '${renewed}'`, signal);
    }
  }
  throwIfAborted(signal);
  await startCluster(cluster, embeddedSettings(port), logFile);
  log(`Started the embedded PostgreSQL on 127.0.0.1:${port}.`);
}

/** A data directory belongs to one major version. Throws `database.data-directory`. */
export async function refuseOtherVersion({ dataDirectory, binaries, user }: Cluster): Promise<void> {
  const [found, ours] = [await findClusterVersion(dataDirectory), await majorVersionOf(binaries, user)];
  if (found === null || found === String(ours)) return;
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

async function refuseUsedPort(port: number): Promise<void> {
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once('error', reject);
      probe.listen({ port, host: '127.0.0.1', exclusive: true }, resolve);
    });
  } catch (error) {
    // Anything else (no permission for a low port) PostgreSQL says better itself.
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw portInUse(String(port));
  } finally {
    await new Promise((resolve) => probe.close(resolve));
  }
}
