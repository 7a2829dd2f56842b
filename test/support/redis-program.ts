import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runDirectory } from './test-run';

/** How to run a Redis server on this machine. */
export interface RedisProgram {
  readonly file: string;
  /** Some programs are many: this name makes them the server. */
  readonly argv0: string;
}

const INSTALL_TIMEOUT_MS = 180_000;

/**
 * Programs that are, or can be, a Redis server. The last one is what Debian's package `redis-tools` brings: the whole
 * server, without the service that the package `redis-server` starts and leaves running.
 */
const CANDIDATES: readonly RedisProgram[] = [
  { file: 'redis-server', argv0: 'redis-server' },
  { file: 'valkey-server', argv0: 'valkey-server' },
  { file: 'redis-check-rdb', argv0: 'redis-server' },
];

/** Looks on the PATH; on a Debian-like machine, as root, installs what is missing, once a run. Null: there is none. */
export function findRedisProgram(): RedisProgram | null {
  const found = CANDIDATES.find(isServer);
  if (found !== undefined) return found;
  installWithApt();
  return CANDIDATES.find(isServer) ?? null;
}

function isServer({ file, argv0 }: RedisProgram): boolean {
  const { status, stdout } = spawnSync(file, ['--version'], { argv0, encoding: 'utf8' });
  return status === 0 && stdout.includes('server v=');
}

function installWithApt(): void {
  const attempted = join(runDirectory(), 'redis-installation-attempted');
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get') || existsSync(attempted)) return;
  process.stderr.write(
    'No Redis on this machine: installing the package redis-tools with apt-get for the tests.\n',
  );
  // Another jest worker may be at it: then apt waits its turn, and finds the work done.
  const options = ['-q', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'];
  const apt = (...args: string[]): boolean =>
    spawnSync('apt-get', [...options, ...args], {
      stdio: 'ignore',
      timeout: INSTALL_TIMEOUT_MS,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0;
  if (!apt('install', 'redis-tools') && apt('update')) apt('install', 'redis-tools');
  writeFileSync(attempted, '');
}
