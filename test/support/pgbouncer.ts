import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findServerUser } from '../../src/store/embedded/server-user';
import { installDebianPackage } from './debian-package';
import { eventually } from './eventually';
import { findFreePort } from './test-run';

export interface PgBouncer {
  /** The address of the database through it. */
  readonly url: string;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 15_000;

/** The path of pgbouncer, which is installed if necessary; null if that is not possible. */
export function findPgBouncer(): string | null {
  const find = (): string | undefined =>
    ['pgbouncer', '/usr/sbin/pgbouncer'].find((file) => spawnSync(file, ['--version']).status === 0);
  if (find() === undefined) installDebianPackage('pgbouncer');
  return find() ?? null;
}

/** Runs a pgbouncer in front of a database, with its defaults except for `settings`. */
export async function startPgBouncer(
  program: string,
  databaseUrl: string,
  settings: Readonly<Record<string, string | number>>,
): Promise<PgBouncer> {
  const { hostname, port, username, password } = new URL(databaseUrl);
  // pgbouncer refuses to run as root.
  const user = await findServerUser();
  const directory = await mkdtemp(join(tmpdir(), 'kpool-pgbouncer-'));
  const ownPort = await findFreePort();
  const ini = {
    listen_addr: '127.0.0.1',
    listen_port: ownPort,
    unix_socket_dir: '',
    auth_type: 'plain',
    auth_file: join(directory, 'users.txt'),
    ...settings,
  };
  const lines = Object.entries(ini).map(([name, value]) => `${name} = ${value}`);
  const file = join(directory, 'pgbouncer.ini');
  await writeFile(file, `[databases]\n* = host=${hostname} port=${port}\n[pgbouncer]\n${lines.join('\n')}\n`);
  await writeFile(ini.auth_file, `"${username}" "${password}"\n`);
  if (user !== null)
    for (const path of [directory, file, ini.auth_file]) await chown(path, user.uid, user.gid);
  const child: ChildProcess = spawn(program, ['-q', file], { stdio: 'ignore', cwd: '/', ...user });
  await eventually('pgbouncer answers', START_TIMEOUT_MS, () => canConnect(ownPort));
  const url = new URL(databaseUrl);
  url.port = String(ownPort);
  return {
    url: url.href,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await rm(directory, { recursive: true });
    },
  };
}

async function canConnect(port: number): Promise<true | null> {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return null;
  } finally {
    socket.destroy();
  }
}
