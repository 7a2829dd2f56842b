import { realpath, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import {
  createTestHome,
  createUsedHome,
  pidFileOf,
  queryEmbedded,
  stateOf,
  useEmbeddedServers,
} from '../../../support/embedded-home';
import { stopAfterRun } from '../../../support/test-run';

const { open } = useEmbeddedServers();

describe('access to the embedded PostgreSQL', () => {
  test('P10 is possible only from this host and with its password', async () => {
    const { home: parent, port } = await createTestHome();
    const home = join(parent, 'deeper', 'home');
    stopAfterRun(`embedded-${port}`, 'SIGQUIT', pidFileOf(home));
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

    const [settings] = await queryEmbedded(
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
    expect(await queryEmbedded(server, `SELECT DISTINCT auth_method FROM pg_hba_file_rules`)).toEqual([
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
    await queryEmbedded(server, `CREATE ROLE reader LOGIN PASSWORD 'reader'`);
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
    expect(await queryEmbedded(second, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
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
