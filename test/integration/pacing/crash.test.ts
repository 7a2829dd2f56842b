import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import { systemClock } from '../../../src/core/clock';
import { Secret } from '../../../src/core/secret';
import { createPacer } from '../../../src/pacing/pacer';
import { openPacingDatabase } from '../../../src/pacing/pacing-database';
import { binariesIn, findPackagedBinaries } from '../../../src/store/embedded/binaries';
import { createCluster, startCluster, stopCluster } from '../../../src/store/embedded/cluster';
import { findServerUser } from '../../../src/store/embedded/server-user';
import { migrate } from '../../../src/store/migrate';
import { findFreePort, runDirectory, stopAfterRun } from '../../support/test-run';

test('P6 when the database crashes right after giving a permit and forgets it, its request still counts', async () => {
  const serverDirectory = join(runDirectory(), 'pacing-crash');
  const user = await findServerUser();
  await mkdir(serverDirectory);
  if (user !== null) await chown(serverDirectory, user.uid, user.gid);
  const dataDirectory = join(serverDirectory, 'data');
  const logFile = join(serverDirectory, 'postgres.log');
  const binDirectory = process.env['KPOOL_TEST_PG_BIN'];
  const binaries = binDirectory === undefined ? await findPackagedBinaries() : binariesIn(binDirectory);
  const cluster = { dataDirectory, binaries, user };
  const port = String(await findFreePort());
  const settings = {
    ...{ port, listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off' },
    // Commits reach the disk late: the crash is sure to forget the last ones.
    wal_writer_delay: '10s',
  };
  stopAfterRun('pacing-crash', 'SIGQUIT', join(dataDirectory, 'postmaster.pid'));
  await createCluster(cluster, { superuser: 'test', password: 'for-tests-only', database: 'test' });
  await startCluster(cluster, settings, logFile);
  const url = `postgres://test:for-tests-only@127.0.0.1:${port}/test`;
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  const pacing = openPacingDatabase(new Secret(url));
  await migrate(sql);
  const totalTimeoutMs = 4_000;
  const bucket = { key: 'k', endpoint: 'earn' };
  const pacer = createPacer({
    database: pacing,
    clock: systemClock,
    requestsPerSecond: 1,
    scope: 'auto',
    totalTimeoutMs,
  });

  const permit = await pacer.acquire({ bucket, priority: 1 });
  expect(permit.use()).toBe(true);
  await stopCluster(cluster, 'immediate');
  await startCluster(cluster, settings, logFile);
  const [row] = await sql<{ held: number }[]>`SELECT count(grant_id)::int AS held FROM sync.buckets`;
  expect(row).toEqual({ held: 0 });

  const startedAtMs = performance.now();
  const next = await pacer.acquire({ bucket, priority: 1 });
  // The request could have arrived until its total timeout.
  expect(performance.now() - startedAtMs).toBeGreaterThan(totalTimeoutMs);
  expect(next.use()).toBe(true);
  next.answered();
  permit.answered();
  await pacer.stop();
  await pacing.close();
  await sql.end();
  await stopCluster(cluster, 'immediate');
});
