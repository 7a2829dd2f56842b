import { spawn, spawnSync } from 'node:child_process';
import { chmod, chown, cp, mkdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import postgres from 'postgres';
import { binariesIn, findPackagedBinaries } from '../../../../src/store/embedded/binaries';
import { openEmbeddedPostgres, type EmbeddedPostgres } from '../../../../src/store/embedded/open';
import { findServerUser } from '../../../../src/store/embedded/server-user';
import {
  createTestHome,
  createUsedHome,
  dataDirectoryOf,
  postmasterOf,
  stateOf,
} from '../../../support/embedded-home';
import { findFreePort, stopAfterRun } from '../../../support/test-run';

const opened: EmbeddedPostgres[] = [];

async function open(home: string, port: number): Promise<EmbeddedPostgres> {
  const server = await openEmbeddedPostgres({ home, port });
  opened.push(server);
  return server;
}

async function query(server: EmbeddedPostgres, text: string): Promise<Record<string, unknown>[]> {
  const sql = postgres(server.url.reveal(), { max: 1, onnotice: () => undefined });
  try {
    return await sql.unsafe(text);
  } finally {
    await sql.end();
  }
}

const BUSY_SESSIONS = `SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%sqrt(a%' AND pid <> pg_backend_pid()`;
const pidFile = (home: string): string => join(dataDirectoryOf(home), 'postmaster.pid');

/** Kills the server, and waits until its users can notice. */
async function killServer(home: string, users: readonly EmbeddedPostgres[]): Promise<void> {
  const sessions = await Promise.all(users.map(async (user) => user.connect()));
  process.kill(await postmasterOf(home), 'SIGKILL');
  await Promise.all(sessions.map(async ({ ended }) => ended));
}

afterEach(async () => {
  await Promise.allSettled(opened.splice(0).map(async (server) => server.close()));
});

describe('access to the embedded PostgreSQL', () => {
  test('P10 is possible only from this host and with its password', async () => {
    const { home: parent, port } = await createTestHome();
    const home = join(parent, 'deeper', 'home');
    stopAfterRun(`embedded-${port}`, 'SIGQUIT', pidFile(home));
    const server = await open(home, port);
    const password = new URL(server.url.reveal()).password;
    expect(JSON.stringify(server) + server.psqlHint).not.toContain(password);
    expect((await stat(join(home, 'pgpass'))).mode & 0o777).toBe(0o600);
    // The server's user may pass through these directories, but not list them.
    expect((await stat(home)).mode & 0o766).toBe(0o700);
    expect((await stat(join(home, '..'))).mode & 0o766).toBe(0o700);
    // The data is really there, and not under /var/lib/kpool.
    expect(await realpath(join(home, 'postgres'))).toBe(join(home, 'postgres'));
    expect((await stat(join(home, 'postgres'))).mode & 0o777).toBe(0o700);

    const [settings] = await query(
      server,
      `SELECT current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets,
              current_setting('fsync') AS fsync, current_setting('TimeZone') AS zone,
              pg_encoding_to_char(encoding) AS encoding, datlocprovider AS provider
       FROM pg_database WHERE datname = current_database()`,
    );
    expect(settings).toEqual({
      addresses: '127.0.0.1',
      sockets: '',
      fsync: 'on',
      zone: 'UTC',
      encoding: 'UTF8',
      provider: 'b',
    });
    expect(await query(server, `SELECT DISTINCT auth_method FROM pg_hba_file_rules`)).toEqual([
      { auth_method: 'scram-sha-256' },
    ]);
    const wrong = new URL(server.url.reveal());
    wrong.password = 'wrong';
    const intruder = postgres(wrong.href, { max: 1 });
    await expect(intruder`SELECT 1`).rejects.toMatchObject({ code: '28P01' });
    await intruder.end();
  });

  test('does not let a reader block those who join or leave', async () => {
    const { home, port } = await createUsedHome();
    const server = await open(home, port);
    await query(server, `CREATE ROLE reader LOGIN PASSWORD 'reader'`);
    const url = new URL(server.url.reveal());
    [url.username, url.password, url.pathname] = ['reader', 'reader', '/postgres'];
    const reader = postgres(url.href, { max: 1 });
    await expect(reader`SELECT 1`).rejects.toMatchObject({ code: '42501' });
    await reader.end();
  });

  test('uses a new password after its file was deleted', async () => {
    const { home, port } = await createUsedHome();
    const first = await open(home, port);
    await first.close();
    await rm(join(home, 'pgpass'));
    const second = await open(home, port);
    expect(second.url.reveal()).not.toBe(first.url.reveal());
    expect(await query(second, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('says what to do if the password file holds another one', async () => {
    const { home, port } = await createUsedHome();
    await writeFile(join(home, 'pgpass'), '*:*:*:kpool:another\n');
    await expect(open(home, port)).rejects.toMatchObject({
      code: 'database.data-directory',
      hint: expect.stringContaining('delete that file') as string,
    });
    expect(await stateOf(home)).toBe('stopped');
    await rm(join(home, 'pgpass'));
    await open(home, port);
  });
});

describe('a start or a stop of the embedded PostgreSQL', () => {
  test('joins the server that runs, on its port', async () => {
    const { home, port } = await createUsedHome();
    await open(home, port);
    const second = await open(home, await findFreePort());
    expect(second).toMatchObject({ started: false, port });
    expect(await query(second, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('names the port and KPOOL_PG_PORT if the port is taken', async () => {
    const { home, port } = await createUsedHome();
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    try {
      await expect(open(home, port)).rejects.toMatchObject({
        code: 'port.in-use',
        message: expect.stringContaining(String(port)) as string,
        hint: expect.stringContaining('KPOOL_PG_PORT') as string,
      });
    } finally {
      other.close();
    }
    expect((await open(home, port)).started).toBe(true);
  });

  test('stops nothing when closed twice, and can be repeated', async () => {
    const { home, port } = await createUsedHome();
    const first = await open(home, port);
    const second = await open(home, port);
    await Promise.all([first.close(), first.close()]);
    expect(await stateOf(home)).toBe('running');
    expect(await query(second, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await second.close();
    expect((await open(home, port)).started).toBe(true);
  });

  test('gives up when asked to', async () => {
    const { home, port } = await createTestHome();
    const opening = openEmbeddedPostgres({ home, port, signal: AbortSignal.timeout(100) });
    await expect(opening).rejects.toMatchObject({ code: 'aborted' });
    expect((await open(home, port)).started).toBe(true);
  });

  test('keeps the log within its limit', async () => {
    const { home, port } = await createUsedHome();
    const log = join(home, 'postgres', 'postgres.log');
    await writeFile(log, 'x'.repeat(11 * 1024 * 1024));
    await open(home, port);
    expect((await stat(log)).size).toBeLessThan(10_000);
    expect((await stat(`${log}.1`)).size).toBe(11 * 1024 * 1024);
  });
});

describe('the embedded PostgreSQL after an unexpected end', () => {
  test('P7 starts again with its data after its server was killed', async () => {
    const { home, port } = await createUsedHome();
    const first = await open(home, port);
    await query(first, 'CREATE TABLE kept AS SELECT 42 AS answer');
    process.kill(await postmasterOf(home), 'SIGKILL');
    const second = await open(home, port);
    expect(second.started).toBe(true);
    expect(await query(second, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  });

  test('P7 starts again while a session of the killed server works', async () => {
    const { home, port } = await createUsedHome();
    const first = await open(home, port);
    const session = postgres(first.url.reveal(), { max: 1 });
    await session`SET max_parallel_workers_per_gather = 0`;
    const busy = session`SELECT sum(sqrt(a * b)) FROM generate_series(1, 3000) a, generate_series(1, 3000) b`;
    const ended = busy.then(
      () => 'answered',
      () => 'cut off',
    );
    while ((await query(first, BUSY_SESSIONS)).length === 0) await new Promise(setImmediate);
    process.kill(await postmasterOf(home), 'SIGKILL');
    const second = await open(home, port);
    expect(await ended).toBeDefined();
    await session.end({ timeout: 0 });
    expect(second.started).toBe(true);
    expect(await query(second, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('P7 starts although another program has its old pid', async () => {
    const { home, port } = await createUsedHome();
    const first = await open(home, port);
    const [, ...rest] = (await readFile(pidFile(home), 'utf8')).split('\n');
    await first.close();
    const user = await findServerUser();
    // A program of the same user, because PostgreSQL accepts no other.
    const stranger = spawn('sleep', ['1000'], user === null ? {} : { uid: user.uid, gid: user.gid });
    try {
      await writeFile(pidFile(home), [String(stranger.pid), ...rest].join('\n'));
      if (user !== null) await chown(pidFile(home), user.uid, user.gid);
      expect(await stateOf(home)).toBe('stopped');
      expect((await open(home, port)).started).toBe(true);
    } finally {
      stranger.kill();
    }
  });

  test('P7 starts although its pid file was left empty', async () => {
    const { home, port } = await createUsedHome();
    await writeFile(pidFile(home), '');
    expect((await open(home, port)).started).toBe(true);
  });

  test('P12 is started again by any process that notices its end', async () => {
    const { home, port } = await createUsedHome();
    const users = [await open(home, port), await open(home, port)];
    await killServer(home, users);
    await Promise.all(users.map(async (user) => user.connect()));
    expect(await Promise.all(users.map(async (user) => query(user, 'SELECT 1 AS one')))).toEqual([
      [{ one: 1 }],
      [{ one: 1 }],
    ]);
    await users[0]?.close();
    expect(await stateOf(home)).toBe('running');
    await users[1]?.close();
    expect(await stateOf(home)).toBe('stopped');
  });

  test('is stopped by the last to leave, also if it died before', async () => {
    const { home, port } = await createUsedHome();
    const [watcher, other] = [await open(home, port), await open(home, port)];
    await killServer(home, [watcher, other]);
    await watcher.connect();
    await watcher.close();
    await other.close();
    expect(await stateOf(home)).toBe('stopped');
  });
});

describe('a home that the embedded PostgreSQL cannot use', () => {
  test('is refused if it holds another major version', async () => {
    const { home, port } = await createUsedHome();
    const version = join(home, 'postgres', 'data', 'PG_VERSION');
    await writeFile(version, '15\n');
    await expect(open(home, port)).rejects.toMatchObject({
      code: 'database.data-directory',
      message: expect.stringMatching(/PostgreSQL 15.*PostgreSQL 18/) as string,
      hint: expect.stringContaining('DATABASE_URL') as string,
    });
    await writeFile(version, '18\n');
    await open(home, port);
  });

  test('is refused with the reason if it cannot be written', async () => {
    const { home, port } = await createTestHome();
    await writeFile(home, 'a file, not a directory');
    await expect(open(home, port)).rejects.toMatchObject({
      code: 'database.data-directory',
      message: expect.stringContaining('KPOOL_HOME') as string,
    });
  });

  test('is refused with PostgreSQL’s words if its data is damaged', async () => {
    const { home, port } = await createUsedHome();
    await rm(join(home, 'postgres', 'data', 'global'), { recursive: true });
    await expect(open(home, port)).rejects.toMatchObject({
      code: 'database.data-directory',
      message: expect.stringContaining('global') as string,
      hint: expect.stringContaining('postgres.log') as string,
    });
  });
});

const asRoot = process.getuid?.() === 0 ? describe : describe.skip;

asRoot('the embedded PostgreSQL of root', () => {
  test('is refused while the disk is full', async () => {
    const { home, port } = await createTestHome();
    await mkdir(home);
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'none', home]).status !== 0) {
      process.stderr.write('Not run: this machine lets nobody mount a small disk.\n');
      return;
    }
    try {
      await expect(open(home, port)).rejects.toMatchObject({
        code: 'database.data-directory',
        message: expect.stringMatching(/No space left/) as string,
        hint: expect.stringContaining('free space') as string,
      });
      expect(await stateOf(home)).toBe('absent');
      spawnSync('mount', ['-o', 'remount,size=500m', home]);
      await (await open(home, port)).close();
    } finally {
      spawnSync('umount', [home]);
    }
  });

  test('may be in a folder that its user may not enter', async () => {
    const { home, port } = await createTestHome();
    const packaged = await findPackagedBinaries();
    const native = join(home, '..', 'native');
    await cp(join(packaged.postgres, '..', '..'), native, { recursive: true, verbatimSymlinks: true });
    await chmod(join(home, '..'), 0o700);
    const server = await openEmbeddedPostgres({ home, port, binaries: binariesIn(join(native, 'bin')) });
    opened.push(server);
    expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    const directory = await realpath(join(home, 'postgres'));
    await server.close();
    expect(directory).toMatch(/^\/var\/lib\/kpool\//);
    await rm(directory, { recursive: true });
  }, 180_000);
});
