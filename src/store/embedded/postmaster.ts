import { readFile, readdir, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../core/clock';
import { isAlive } from './process-identity';

/** A running server, as its `postmaster.pid` describes it. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** `ready`, `starting`, `stopping` or `standby`. */
  readonly state: string;
}

const SETTLE_PAUSE_MS = 20;
const SETTLE_TIMEOUT_MS = 600_000;
const OLD_SESSIONS_TIMEOUT_MS = 60_000;

/** The server that runs on this data directory, or null. A `postmaster.pid` left by a crash does not count. */
export async function findPostmaster(dataDirectory: string): Promise<Postmaster | null> {
  const text = await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '');
  // Source: PostgreSQL, src/include/utils/pidfile.h. The server adds the lines one by one as it starts.
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !(await isServer(pid, dataDirectory))) return null;
  return {
    pid,
    port: Number(lines[3] ?? ''),
    state: lines[7] === '' ? 'starting' : (lines[7] ?? 'starting'),
  };
}

/** Like `findPostmaster`, once a server that is starting or stopping has come to rest. */
export async function findSettledPostmaster(
  dataDirectory: string,
  signal?: AbortSignal,
): Promise<Postmaster | null> {
  const deadline = systemClock.monotonicMs() + SETTLE_TIMEOUT_MS;
  for (;;) {
    const postmaster = await findPostmaster(dataDirectory);
    if (postmaster === null || postmaster.state === 'ready') return postmaster;
    if (systemClock.monotonicMs() > deadline) return postmaster;
    await systemClock.sleep(SETTLE_PAUSE_MS, signal);
  }
}

/**
 * Clears the way for a start after a crash: waits for the sessions of a server that was killed, which end at their
 * next breath, and then removes its `postmaster.pid`. PostgreSQL would take the number in it for a running server
 * when it belongs to a stranger by now (usual in containers, where numbers start anew) or to a zombie. Elsewhere than
 * on Linux it cannot be known that no process is left, and PostgreSQL decides.
 */
export async function clearAfterCrash(dataDirectory: string, signal?: AbortSignal): Promise<void> {
  if (process.platform !== 'linux' || (await findPostmaster(dataDirectory)) !== null) return;
  const directory = await realpath(dataDirectory);
  const deadline = systemClock.monotonicMs() + OLD_SESSIONS_TIMEOUT_MS;
  while (await isAnyoneIn(directory)) {
    if (systemClock.monotonicMs() > deadline) return;
    await systemClock.sleep(SETTLE_PAUSE_MS, signal);
  }
  await rm(join(dataDirectory, 'postmaster.pid'), { force: true });
}

/** Every process of a server works in its data directory. */
async function isAnyoneIn(directory: string): Promise<boolean> {
  for (const name of await readdir('/proc')) {
    if (/^\d+$/.test(name) && (await worksIn(Number(name), directory))) return true;
  }
  return false;
}

async function isServer(pid: number, dataDirectory: string): Promise<boolean> {
  if (!(await isAlive({ pid, startedAt: null }))) return false;
  return process.platform !== 'linux' || worksIn(pid, await realpath(dataDirectory));
}

/** Where the system does not show us the directory (root in a container), a PostgreSQL is taken for ours. */
async function worksIn(pid: number, directory: string): Promise<boolean> {
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === directory;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
    return name.trim() === 'postgres';
  }
}
