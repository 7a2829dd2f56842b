import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { openEmbeddedPostgres, type EmbeddedPostgres } from '../../src/store/embedded/open';
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
  const copy = await createTestHome();
  await promisify(execFile)('cp', ['-a', used, copy.home]);
  return copy;
}

function dataDirectoryOf(home: string): string {
  return join(home, 'postgres', 'data');
}

export function pidFileOf(home: string): string {
  return join(dataDirectoryOf(home), 'postmaster.pid');
}

/** Whether the server of a KPOOL_HOME exists and runs. Changes nothing. */
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

type OpenOptions = Parameters<typeof openEmbeddedPostgres>[0];

/** Opens embedded servers for a test file, and closes them after each test. */
export function useEmbeddedServers(): {
  readonly open: (home: string, port: number, more?: Partial<OpenOptions>) => Promise<EmbeddedPostgres>;
} {
  const opened: EmbeddedPostgres[] = [];
  afterEach(async () => {
    await Promise.allSettled(opened.splice(0).map(async (server) => server.close()));
  });
  return {
    async open(home, port, more = {}) {
      const server = await openEmbeddedPostgres({ home, port, ...more });
      opened.push(server);
      return server;
    },
  };
}

/** Runs a statement on a connection of its own. */
export async function queryEmbedded(
  server: EmbeddedPostgres,
  text: string,
): Promise<Record<string, unknown>[]> {
  const sql = postgres(server.url.reveal(), { max: 1, onnotice: () => undefined });
  try {
    return await sql.unsafe(text);
  } finally {
    await sql.end();
  }
}
