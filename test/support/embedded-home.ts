import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openEmbeddedPostgres } from '../../src/store/embedded/open';
import { findPostmaster } from '../../src/store/embedded/postmaster';
import { findFreePort, runDirectory, startOnce, stopAfterRun } from './test-run';

export interface TestHome {
  readonly home: string;
  readonly port: number;
}

/** A KPOOL_HOME for one test, with a space in its path, and a port. It is stopped and removed after the run. */
export async function createTestHome(): Promise<TestHome> {
  const id = randomBytes(4).toString('hex');
  const parent = join(runDirectory(), `homes of ${id}`);
  mkdirSync(parent);
  const home = join(parent, 'kpool home');
  stopAfterRun(`embedded-${id}`, 'SIGQUIT', join(home, 'postgres', 'data', 'postmaster.pid'));
  return { home, port: await findFreePort() };
}

/** The same, with a stopped server that was used before. It is copied, because creating one takes long. */
export async function createUsedHome(): Promise<TestHome> {
  const used = await startOnce('used-home', async () => {
    const { home, port } = await createTestHome();
    await (await openEmbeddedPostgres({ home, port })).close();
    return home;
  });
  const place = await createTestHome();
  await promisify(execFile)('cp', ['-a', used, place.home]);
  return place;
}

export function dataDirectoryOf(home: string): string {
  return join(home, 'postgres', 'data');
}

/** The paths under a KPOOL_HOME, read without changing anything. */
export async function stateOf(home: string): Promise<'absent' | 'stopped' | 'running'> {
  if (!existsSync(join(dataDirectoryOf(home), 'PG_VERSION'))) return 'absent';
  return (await findPostmaster(dataDirectoryOf(home))) === null ? 'stopped' : 'running';
}

/** The pid of the server. Fails if it does not run. */
export async function postmasterOf(home: string): Promise<number> {
  const postmaster = await findPostmaster(dataDirectoryOf(home));
  if (postmaster === null) throw new Error('The embedded PostgreSQL does not run.');
  return postmaster.pid;
}
