import { link, readFile, readdir, readlink, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../core/clock';
import { isAlive } from './command';

/** A running server, as its `postmaster.pid` describes it. */
export interface Postmaster {
  readonly pid: number;
  /** NaN until the server has chosen it. */
  readonly port: number;
}

const PID_FILE = 'postmaster.pid';
/** The server writes its process id right after creating the file. */
const EMPTY_FILE_GRACE_MS = 1_000;

/** The server that runs on this data directory, or null. A `postmaster.pid` left by a crash does not count. */
export async function findPostmaster(dataDirectory: string): Promise<Postmaster | null> {
  // Source: PostgreSQL, src/include/utils/pidfile.h. The server adds the lines one by one as it starts.
  const [first, , , port] = ((await readPidFile(dataDirectory)) ?? '').split('\n');
  const pid = Number(first);
  // `postgres --single` writes its process id negated, and accepts no connections.
  if (!(pid > 0) || !(await worksOn(pid, dataDirectory))) return null;
  return { pid, port: Number.parseInt(port ?? '', 10) };
}

/**
 * Removes a `postmaster.pid` whose process is gone. PostgreSQL would assume a running server if that process id now
 * belongs to another program (common in containers, where process ids start over) or to a zombie. It still detects
 * processes that use the data directory, by its shared memory.
 *
 * A server may be starting right now: the file is moved aside, and put back if it is not the one that was read.
 */
export async function removeStalePidFile(dataDirectory: string): Promise<void> {
  let text = await readPidFile(dataDirectory);
  if (text === '') {
    await systemClock.sleep(EMPTY_FILE_GRACE_MS);
    text = await readPidFile(dataDirectory);
  }
  // A file that appears from here on belongs to a server that is starting.
  if (text === null) return;
  const pid = Math.abs(Number(text.split('\n')[0]));
  if (pid > 0 && (await worksOn(pid, dataDirectory))) return;
  const file = join(dataDirectory, PID_FILE);
  const aside = `${file}.${process.pid}.stale`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  if ((await readFile(aside, 'utf8')) !== text) await link(aside, file).catch(() => undefined);
  await rm(aside);
}

/**
 * Ends the sessions that a killed server left behind: a busy one notices only when its statement ends, and no server
 * can start before. On Linux only; elsewhere the start waits for them.
 */
export async function endOrphans(dataDirectory: string): Promise<void> {
  if (process.platform !== 'linux') return;
  const directory = await realpath(dataDirectory);
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || (await readDirectory(pid)) !== directory) continue;
    const parent = await readParent(pid);
    // The sessions of a living server are its children.
    if (parent === null || (await worksOn(parent, directory))) continue;
    const title = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (title.startsWith('postgres: ')) process.kill(pid, 'SIGTERM');
  }
}

/** Null when there is none. */
async function readPidFile(dataDirectory: string): Promise<string | null> {
  return readFile(join(dataDirectory, PID_FILE), 'utf8').catch(() => null);
}

/**
 * On Linux every process of a server has the data directory as its working directory. Where we may not see that (root
 * in a container), any PostgreSQL counts as ours; on other systems, any living process.
 */
async function worksOn(pid: number, dataDirectory: string): Promise<boolean> {
  if (process.platform !== 'linux') return isAlive(pid);
  const directory = await readDirectory(pid);
  if (directory !== null) return directory === (await realpath(dataDirectory));
  return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim() === 'postgres';
}

/** Null when we may not see it; empty for a process that is gone. */
async function readDirectory(pid: number): Promise<string | null> {
  try {
    return await readlink(`/proc/${pid}/cwd`);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? '' : null;
  }
}

async function readParent(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const parent = /^PPid:\s+(\d+)/m.exec(status)?.[1];
  return parent === undefined ? null : Number(parent);
}
