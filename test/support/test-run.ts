import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { freemem, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const RUN_DIRECTORY = 'KPOOL_TEST_RUN_DIRECTORY';

/** Makes the directory of this jest run; its workers find it through the environment. */
export function createRunDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'kpool-jest-'));
  // A server that runs as another system user must be able to pass through.
  chmodSync(directory, 0o755);
  mkdirSync(join(directory, 'services'));
  createMemoryDirectory(directory);
  process.env[RUN_DIRECTORY] = directory;
  return directory;
}

const SHARED_MEMORY = '/dev/shm';
const MEMORY_BYTES = 4 * 1024 ** 3;

/** Files in memory save a tenth of a second for each of the 300 databases that a run makes. */
function createMemoryDirectory(directory: string): void {
  const inRun = join(directory, 'memory');
  if (!hasRoomInMemory()) {
    mkdirSync(inRun);
    return;
  }
  const inMemory = join(SHARED_MEMORY, basename(directory));
  mkdirSync(inMemory);
  chmodSync(inMemory, 0o755);
  symlinkSync(inMemory, inRun);
}

function hasRoomInMemory(): boolean {
  if (!existsSync(SHARED_MEMORY)) return false;
  const { bavail, bsize } = statfsSync(SHARED_MEMORY);
  return Math.min(bavail * bsize, freemem()) > MEMORY_BYTES;
}

/** A directory of this jest run for what needs no disk: in memory if there is room. Removed as the run's directory is. */
export function memoryDirectory(): string {
  return join(runDirectory(), 'memory');
}

/** The directory of this jest run: everything in it is removed when jest ends, in whatever way. */
export function runDirectory(): string {
  const directory = process.env[RUN_DIRECTORY];
  if (directory === undefined)
    throw new Error('Tests that need a server run under jest (jest.config.ts, globalSetup).');
  return directory;
}

/** The watchdog sends `signal` to the process named in the first line of `pidFile` when jest ends. */
export function stopAfterRun(name: string, signal: NodeJS.Signals, pidFile: string): void {
  writeFileSync(join(runDirectory(), 'services', name), `${signal}\n${pidFile}`);
}

/** Below the ports of outgoing connections, which could take a port before its server does. */
const PORTS = { first: 20_000, count: 12_000 };
const PORT_ATTEMPTS = 50;

/** A port on 127.0.0.1 that was free a moment ago. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < PORT_ATTEMPTS; attempt += 1) {
    const port = PORTS.first + randomInt(PORTS.count);
    if (await isFree(port)) return port;
  }
  throw new Error('No port of this machine is free.');
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Includes the creation of a data directory, or an installation with apt-get. */
const START_TIMEOUT_MS = 300_000;

/**
 * The address of a server that the whole run shares: started by whichever of jest's workers asks first, so that a run
 * of unit tests starts none. `start` must have called `stopAfterRun` by then. Its failure is everyone's.
 */
export async function startOnce(name: string, start: () => Promise<string>): Promise<string> {
  const outcomeFile = join(runDirectory(), `${name}-outcome.json`);
  if (isFirst(join(runDirectory(), `${name}-started`))) {
    const outcome: Outcome = await start().then(
      (address) => ({ address }),
      (error: unknown) => ({ failure: String(error) }),
    );
    writeFileSync(`${outcomeFile}.new`, JSON.stringify(outcome));
    renameSync(`${outcomeFile}.new`, outcomeFile);
  }
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!existsSync(outcomeFile)) {
    if (performance.now() > deadline) throw new Error(`Nobody started the ${name} server of this test run.`);
    await sleep(20);
  }
  const outcome = JSON.parse(readFileSync(outcomeFile, 'utf8')) as Outcome;
  if ('failure' in outcome)
    throw new Error(`The ${name} server of this test run did not start: ${outcome.failure}`);
  return outcome.address;
}

/** True for exactly one caller among all processes. */
function isFirst(directory: string): boolean {
  try {
    mkdirSync(directory);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

type Outcome = { readonly address: string } | { readonly failure: string };
