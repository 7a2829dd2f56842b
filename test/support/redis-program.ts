import { spawnSync } from 'node:child_process';
import { installDebianPackage } from './debian-package';

/** How to run a Redis server on this machine. */
export interface RedisProgram {
  readonly file: string;
  /** `argv[0]`, for programs that act as the server only under this name. */
  readonly argv0: string;
}

/**
 * Programs that are, or can be, a Redis server. The last one is what Debian's package `redis-tools` brings: the whole
 * server, without the service that the package `redis-server` starts and leaves running.
 */
const CANDIDATES: readonly RedisProgram[] = [
  { file: 'redis-server', argv0: 'redis-server' },
  { file: 'valkey-server', argv0: 'valkey-server' },
  { file: 'redis-check-rdb', argv0: 'redis-server' },
];

/** Searches the PATH; as root on a Debian-like machine, installs a missing server once a run. Null if there is none. */
export function findRedisProgram(): RedisProgram | null {
  const found = CANDIDATES.find(isServer);
  if (found !== undefined) return found;
  installDebianPackage('redis-tools');
  return CANDIDATES.find(isServer) ?? null;
}

function isServer({ file, argv0 }: RedisProgram): boolean {
  const { status, stdout } = spawnSync(file, ['--version'], { argv0, encoding: 'utf8' });
  return status === 0 && stdout.includes('server v=');
}
