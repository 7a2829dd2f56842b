import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import { loadConfig } from '../../src/config/load';
import { intervalOf } from '../../src/domain/streams';
import { binariesIn, findPackagedBinaries } from '../../src/store/embedded/binaries';
import { createCluster, startCluster } from '../../src/store/embedded/cluster';
import { findServerUser } from '../../src/store/embedded/server-user';
import { migrate } from '../../src/store/migrations/migrate';
import { STREAMS } from '../../src/sync/registry';
import { findFreePort, memoryDirectory, stopAfterRun } from './test-run';

export const TEMPLATE_DATABASE = 'kpool_template';
const SUPERUSER = 'kpool';
const PASSWORD = 'for-tests-only';

/** Durability is switched off: tests of it start their own server. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '128MB',
  max_connections: '300',
  // Its files may be in memory.
  max_wal_size: '256MB',
  max_prepared_transactions: '0',
  lc_messages: 'C',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/**
 * Starts the run's PostgreSQL with a migrated template database; returns the URL of its `postgres` database.
 * `KPOOL_TEST_PG_BIN` names a directory with `initdb` and `postgres` of another version.
 */
export async function startTestServer(): Promise<string> {
  const binDirectory = process.env['KPOOL_TEST_PG_BIN'];
  const binaries = binDirectory === undefined ? await findPackagedBinaries() : binariesIn(binDirectory);
  const user = await findServerUser();
  const serverDirectory = join(memoryDirectory(), 'postgres');
  await mkdir(serverDirectory);
  if (user !== null) await chown(serverDirectory, user.uid, user.gid);
  const dataDirectory = join(serverDirectory, 'data');
  const cluster = { dataDirectory, binaries, user };
  const port = String(await findFreePort());
  // An immediate stop suffices, because the data is thrown away.
  stopAfterRun('postgres', 'SIGQUIT', join(dataDirectory, 'postmaster.pid'));
  await createCluster(cluster, { superuser: SUPERUSER, password: PASSWORD, database: TEMPLATE_DATABASE });
  await startCluster(cluster, { ...SETTINGS, port }, join(serverDirectory, 'postgres.log'));
  const url = `postgres://${SUPERUSER}:${PASSWORD}@127.0.0.1:${port}`;
  await applyMigrations(`${url}/${TEMPLATE_DATABASE}`);
  return `${url}/postgres`;
}

async function applyMigrations(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    await migrate(sql);
    await recordStreams(sql);
  } finally {
    await sql.end();
  }
}

/** Applies the migrations, as a process does that opens the database. */
async function recordStreams(sql: postgres.Sql): Promise<void> {
  const { everyMs } = loadConfig({ HOME: '/nonexistent' }, { streams: STREAMS.all }).sync;
  for (const [index, { name, scopes }] of STREAMS.all.entries()) {
    await sql`
      INSERT INTO sync.streams (stream, position, scope_kind, every_ms)
      VALUES (${name}, ${index + 1}, ${scopes}, ${intervalOf(everyMs, name)})`;
  }
}
