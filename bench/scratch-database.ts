import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { binariesIn, findPackagedBinaries } from '../src/store/embedded/binaries';
import { createCluster, startCluster, stopCluster } from '../src/store/embedded/cluster';
import { findServerUser } from '../src/store/embedded/server-user';
import { migrate } from '../src/store/migrations/migrate';
import { findFreePort } from '../test/support/test-run';

/** Runs `work` with a migrated database of its own, on a server that is deleted afterwards. */
export async function withScratchDatabase<Result>(
  work: (url: string, postmasterPid: number) => Promise<Result>,
): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'kpool-bench-'));
  await chmod(directory, 0o755);
  const user = await findServerUser();
  if (user !== null) await chown(directory, user.uid, user.gid);
  const bin = process.env['KPOOL_TEST_PG_BIN'];
  const binaries = bin === undefined ? await findPackagedBinaries() : binariesIn(bin);
  const cluster = { dataDirectory: join(directory, 'data'), binaries, user };
  const password = randomBytes(9).toString('hex');
  const port = String(await findFreePort());
  await createCluster(cluster, { superuser: 'bench', password, database: 'bench' });
  await startCluster(
    cluster,
    { port, listen_addresses: '127.0.0.1', unix_socket_directories: '', max_wal_size: '4GB' },
    join(directory, 'postgres.log'),
  );
  const close = async (): Promise<void> => {
    await stopCluster(cluster, 'immediate');
    await rm(directory, { recursive: true, force: true });
  };
  const stop = (): void => void close().finally(() => process.exit(1));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    const url = `postgres://bench:${password}@127.0.0.1:${port}/bench`;
    const sql = postgres(url, { max: 1, onnotice: () => undefined });
    await migrate(sql);
    await sql.end();
    const pidFile = await readFile(join(cluster.dataDirectory, 'postmaster.pid'), 'utf8');
    return await work(url, Number(pidFile.split('\n')[0]));
  } finally {
    await close();
  }
}
