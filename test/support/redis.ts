import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findRedisProgram, type RedisProgram } from './redis-program';
import { findFreePort, runDirectory, startOnce, stopAfterRun } from './test-run';

/** The Redis of a suite; valid from `beforeAll` on. */
export interface TestRedis {
  readonly url: string;
  /** Keys of this suite start with it; they are deleted afterwards. */
  readonly prefix: string;
}

const WHAT_TO_DO = 'set REDIS_URL, or put redis-server or valkey-server on the PATH';
const READY_TIMEOUT_MS = 15_000;
const SCAN_COUNT = 500;

/**
 * A `describe` whose tests need Redis: `REDIS_URL`, or else a server that this jest run starts when the first suite
 * asks for it. Without either the suite is reported as skipped and a line says what to do; under CI=true it fails.
 */
export function describeRedis(name: string, define: (redis: TestRedis) => void): void {
  const external = process.env['REDIS_URL'] ?? '';
  const program = external === '' ? findRedisProgram() : null;
  if (external === '' && program === null) {
    reportMissing(name, define);
    return;
  }
  describe(name, () => {
    const prefix = `test-${randomBytes(6).toString('hex')}`;
    let url: string | undefined;
    beforeAll(async () => {
      url = program === null ? external : await startOnce('redis', () => startRedis(program));
    });
    afterAll(async () => {
      if (url !== undefined) await deleteKeys(url, prefix);
    });
    define({
      prefix,
      get url() {
        if (url === undefined)
          throw new Error('Redis runs from beforeAll on: read its url there or in a test.');
        return url;
      },
    });
  });
}

function reportMissing(name: string, define: (redis: TestRedis) => void): void {
  if (process.env['CI'] === 'true') {
    describe(name, () => {
      test('has a Redis to run on', () => {
        throw new Error(`These tests must run in CI, and there is no Redis: ${WHAT_TO_DO}.`);
      });
    });
    return;
  }
  process.stderr.write(`NOT RUN, there is no Redis: "${name}". To run it, ${WHAT_TO_DO}.\n`);
  describe.skip(`${name} [not run: there is no Redis; ${WHAT_TO_DO}]`, () => define({ url: '', prefix: '' }));
}

/** Starts a Redis without persistence on a free port. */
async function startRedis(program: RedisProgram): Promise<string> {
  const directory = join(runDirectory(), 'redis');
  await mkdir(directory, { recursive: true });
  const port = await findFreePort();
  const pidFile = join(directory, 'pid');
  const args = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    directory,
  ];
  const server = spawn(program.file, args, { argv0: program.argv0, stdio: 'ignore', detached: true });
  await once(server, 'spawn');
  server.unref();
  await writeFile(pidFile, String(server.pid));
  stopAfterRun('redis', 'SIGTERM', pidFile);
  const url = `redis://127.0.0.1:${port}`;
  await untilReady(url);
  return url;
}

async function untilReady(url: string): Promise<void> {
  const client = new Redis(url, {
    retryStrategy: () => 20,
    maxRetriesPerRequest: null,
    commandTimeout: READY_TIMEOUT_MS,
  });
  // Connections are refused while it starts; if it does not start, the time limit of the command says so.
  client.on('error', () => undefined);
  try {
    await client.ping();
  } finally {
    client.disconnect();
  }
}

async function deleteKeys(url: string, prefix: string): Promise<void> {
  const client = new Redis(url);
  try {
    for await (const keys of client.scanStream({ match: `*${prefix}*`, count: SCAN_COUNT }) as AsyncIterable<
      string[]
    >) {
      if (keys.length > 0) await client.unlink(...keys);
    }
  } finally {
    client.disconnect();
  }
}
