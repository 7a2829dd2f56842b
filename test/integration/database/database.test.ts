import { chown, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { inspect } from 'node:util';
import postgres from 'postgres';
import { openDatabase } from '../../../src/database/open-database';
import { migrateDatabase } from '../../../src/database/migrate-database';
import { loadConfig } from '../../../src/config/load';
import { KpoolError } from '../../../src/core/errors';
import { Secret } from '../../../src/core/secret';
import { openPacingDatabase } from '../../../src/pacing/pacing-database';
import { binariesIn, findPackagedBinaries } from '../../../src/store/embedded/binaries';
import { createCluster, startCluster, stopCluster, type Cluster } from '../../../src/store/embedded/cluster';
import { findServerUser } from '../../../src/store/embedded/server-user';
import { findFreePort, runDirectory, stopAfterRun } from '../../support/test-run';
import { useTestDatabase } from '../../support/test-database';
import { LOCALHOST_CERTIFICATE } from '../kucoin/localhost-certificate';

const database = useTestDatabase();

function open(url: string) {
  return openDatabase(
    { home: '/nowhere', database: { ...loadConfig({ HOME: '/nowhere' }).database, url: new Secret(url) } },
    { log: () => undefined },
  );
}

async function failureOf(url: string): Promise<KpoolError> {
  const error: unknown = await open(url).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof KpoolError) return error;
  throw new Error(`no named failure: ${inspect(error)}`);
}

function changed(change: (url: URL) => void): string {
  const url = new URL(database.url);
  change(url);
  return url.href;
}

describe('opening the database of DATABASE_URL', () => {
  test('shows where it is, without the password', async () => {
    const opened = await open(database.url);
    const { port, password, username } = new URL(database.url);
    expect(opened.describe).toMatch(/^PostgreSQL \d+\.\d+ at 127\.0\.0\.1:\d+, database test_\w+, user \w+$/);
    expect(opened.describe).toContain(`:${port}, database ${database.name}, user ${username}`);
    expect(inspect(opened)).not.toContain(password);
    await opened.close();
  });

  test('allows a migration', async () => {
    const opened = await open(database.url);
    expect((await migrateDatabase(opened, () => undefined)).applied).toEqual(expect.any(Array));
    expect((await migrateDatabase(opened, () => undefined)).applied).toEqual([]);
  });
});

describe('P10 an unopenable database is named without its password', () => {
  const cases: [string, (url: URL) => void, string, RegExp][] = [
    ['a wrong password', (url) => (url.password = 'hunter2-x'), 'database.refused', /refuses the password/],
    [
      'a wrong name',
      (url) => (url.pathname = '/no_such'),
      'database.refused',
      /has no database of that name/,
    ],
    [
      'a wrong host',
      (url) => (url.hostname = 'no-such-host.invalid'),
      'database.unreachable',
      /no host of that name|cannot be looked up/,
    ],
  ];
  test.each(cases)('%s', async (_what, change, code, message) => {
    const url = changed(change);
    const error = await failureOf(url);
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
    expect(`${error.message} ${error.hint ?? ''}`).not.toContain(new URL(url).password);
  });

  test('a port where nothing listens', async () => {
    const port = await findFreePort();
    const error = await failureOf(changed((url) => (url.port = String(port))));
    expect([error.code, error.message]).toEqual([
      'database.unreachable',
      `PostgreSQL at 127.0.0.1:${port} cannot be reached: nothing is listening there.`,
    ]);
  });

  test('a server that is not PostgreSQL', async () => {
    const server: Server = createServer((socket) => socket.resume().end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const error = await failureOf(changed((url) => (url.port = String(port))));
    server.close();
    expect([error.code, error.message]).toEqual([
      'database.unreachable',
      expect.stringContaining('it closed the connection'),
    ]);
  });

  test('a server that asks for a password if none is given', async () => {
    const error = await failureOf(changed((url) => (url.password = '')));
    expect(error.message).toMatch(/asks for a password|refuses the password/);
  });

  test('a server without TLS if TLS is required', async () => {
    const error = await failureOf(changed((url) => url.searchParams.set('sslmode', 'require')));
    expect([error.code, error.message]).toEqual([
      'database.refused',
      expect.stringContaining('does not offer TLS'),
    ]);
  });

  test('a database in another encoding', async () => {
    const name = `${database.name}_latin1`;
    const sql = postgres(database.url, { max: 1, onnotice: () => undefined });
    try {
      await sql`CREATE DATABASE ${sql(name)} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`;
      const error = await failureOf(changed((url) => (url.pathname = `/${name}`)));
      expect([error.code, error.message]).toEqual([
        'database.refused',
        expect.stringContaining('encoded in LATIN1'),
      ]);
      await sql`DROP DATABASE ${sql(name)} WITH (FORCE)`;
    } finally {
      await sql.end();
    }
  });
});

describe('TLS means the same for each of our connections', () => {
  const logFile = () => join(runDirectory(), 'tls', 'postgres.log');
  const certificate = () => join(runDirectory(), 'tls', 'server.crt');
  let cluster: Cluster;
  let address: string;

  beforeAll(async () => {
    const directory = join(runDirectory(), 'tls');
    const user = await findServerUser();
    const port = String(await findFreePort());
    await mkdir(directory);
    const keyFile = join(directory, 'server.key');
    await writeFile(certificate(), LOCALHOST_CERTIFICATE.cert);
    await writeFile(keyFile, LOCALHOST_CERTIFICATE.key, { mode: 0o600 });
    if (user !== null) {
      await chown(directory, user.uid, user.gid);
      await chown(keyFile, user.uid, user.gid);
    }
    const bin = process.env['KPOOL_TEST_PG_BIN'];
    const binaries = bin === undefined ? await findPackagedBinaries() : binariesIn(bin);
    cluster = { dataDirectory: join(directory, 'data'), binaries, user };
    stopAfterRun('tls', 'SIGQUIT', join(cluster.dataDirectory, 'postmaster.pid'));
    await createCluster(cluster, { superuser: 'tls', password: 'for-tests-only', database: 'tls' });
    const settings = { port, listen_addresses: 'localhost', unix_socket_directories: '', fsync: 'off' };
    const tls = { ssl: 'on', ssl_cert_file: certificate(), ssl_key_file: keyFile };
    await startCluster(cluster, { ...settings, ...tls }, logFile());
    address = `postgres://tls:for-tests-only@localhost:${port}/tls`;
  });
  afterAll(() => stopCluster(cluster, 'immediate'));

  test.each([
    ['no-verify', () => '?sslmode=no-verify'],
    ['verify-full with its authority', () => `?sslmode=verify-full&sslrootcert=${certificate()}`],
  ])('%s: the database can be opened, migrated and paced', async (_name, query) => {
    const opened = await open(address + query());
    await migrateDatabase(opened, () => undefined);
    const pacing = openPacingDatabase(opened.url);
    const [row] = await pacing.query<{ ssl: boolean }>(
      'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
      [],
    );
    expect(row).toEqual({ ssl: true });
    await pacing.close();
    await opened.close();
  });

  test('a certificate of an unknown issuer is refused', async () => {
    const error = await failureOf(`${address}?sslmode=verify-full`);
    expect([error.code, error.message]).toEqual([
      'database.refused',
      expect.stringContaining('TLS certificate'),
    ]);
  });
});
