import { spawn } from 'node:child_process';
import { chown, readFile, writeFile } from 'node:fs/promises';
import postgres from 'postgres';
import type { EmbeddedPostgres } from '../../../../src/store/embedded/open';
import { findServerUser } from '../../../../src/store/embedded/server-user';
import {
  createUsedHome,
  pidFileOf,
  postmasterOf,
  queryEmbedded,
  stateOf,
  useEmbeddedServers,
} from '../../../support/embedded-home';

const { open } = useEmbeddedServers();

const BUSY_SESSIONS = `SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%sqrt(a%' AND pid <> pg_backend_pid()`;

/** Kills the server, and waits until its users can notice. */
async function killServer(home: string, users: readonly EmbeddedPostgres[]): Promise<void> {
  const sessions = await Promise.all(users.map(async (user) => user.connect()));
  process.kill(await postmasterOf(home), 'SIGKILL');
  await Promise.all(sessions.map(async ({ ended }) => ended));
}

describe('the embedded PostgreSQL after an unexpected end', () => {
  test('P7 starts again with its data after its server was killed', async () => {
    const { home, port } = await createUsedHome();
    const first = await open(home, port);
    await queryEmbedded(first, 'CREATE TABLE kept AS SELECT 42 AS answer');
    process.kill(await postmasterOf(home), 'SIGKILL');
    const second = await open(home, port);
    expect(second.started).toBe(true);
    expect(await queryEmbedded(second, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
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
    while ((await queryEmbedded(first, BUSY_SESSIONS)).length === 0) await new Promise(setImmediate);
    process.kill(await postmasterOf(home), 'SIGKILL');
    const second = await open(home, port);
    expect(await ended).toBeDefined();
    await session.end({ timeout: 0 });
    expect(second.started).toBe(true);
    expect(await queryEmbedded(second, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  test('P7 starts although another program has its old pid', async () => {
    const { home, port } = await createUsedHome();
    const first = await open(home, port);
    const [, ...rest] = (await readFile(pidFileOf(home), 'utf8')).split('\n');
    await first.close();
    const user = await findServerUser();
    // A program of the same user, because PostgreSQL accepts no other.
    const stranger = spawn('sleep', ['1000'], user === null ? {} : { uid: user.uid, gid: user.gid });
    try {
      await writeFile(pidFileOf(home), [String(stranger.pid), ...rest].join('\n'));
      if (user !== null) await chown(pidFileOf(home), user.uid, user.gid);
      expect(await stateOf(home)).toBe('stopped');
      expect((await open(home, port)).started).toBe(true);
    } finally {
      stranger.kill();
    }
  });

  test('P7 starts although its pid file was left empty', async () => {
    const { home, port } = await createUsedHome();
    await writeFile(pidFileOf(home), '');
    expect((await open(home, port)).started).toBe(true);
  });

  test('P12 is started again by any process that notices its end', async () => {
    const { home, port } = await createUsedHome();
    const users = [await open(home, port), await open(home, port)];
    await killServer(home, users);
    await Promise.all(users.map(async (user) => user.connect()));
    expect(await Promise.all(users.map(async (user) => queryEmbedded(user, 'SELECT 1 AS one')))).toEqual([
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
