import { millisecondsInMinute } from 'date-fns/constants';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRedisBackend, Queue, Worker as JobWorker } from 'bullmq';
import { Redis } from 'ioredis';
import {
  classifyRedisError,
  HAS_NO_TLS,
  IS_CLUSTER,
  IS_LOADING,
  mayEvict,
  redisFailure,
} from '../../src/core/redis-errors';
import type { Secret } from '../../src/core/secret';

export const REDIS_CONNECT_TIMEOUT_MS = 10_000;
/**
 * A connection that the server does not end within this time is cut. ioredis 6 waits this long even for a connection
 * that has already ended, which keeps a stopping process alive.
 */
export const DISCONNECT_TIMEOUT_MS = 100;
/** A Redis that has just started loads its file first. */
const LOADING_TIMEOUT_MS = millisecondsInMinute;
const LOADING_POLL_MS = 200;
/** A trial job takes half a second; longer than this, Redis or BullMQ hangs. */
const TRIAL_TIMEOUT_MS = 15_000;
const PLAIN_TIMEOUT_MS = 2_000;
const JOB_ID = 'trial';
const DEFAULT_REDIS_PORT = '6379';

export interface RedisRequirementsOptions {
  /** Prefix of all keys. */
  readonly prefix: string;
  /** Called when it takes longer than usual. */
  readonly log: (line: string) => void;
}

/**
 * Makes sure that Redis can hold the jobs: that it accepts this user, never evicts a job, and supports every command
 * that BullMQ sends in the life of a job. Throws `queue.refused` if the configuration must change, otherwise
 * `queue.unreachable`.
 */
export async function requireRedis(redisUrl: Secret, options: RedisRequirementsOptions): Promise<void> {
  const { hostname, port } = new URL(redisUrl.reveal());
  const place = `${hostname}:${port === '' ? DEFAULT_REDIS_PORT : port}`;
  const connection = new Redis(redisUrl.reveal(), {
    lazyConnect: true,
    connectTimeout: REDIS_CONNECT_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: null,
    // ioredis would wait silently, without limit, for a server that is loading.
    enableReadyCheck: false,
    retryStrategy: () => null,
  });
  let firstError: Error | undefined;
  connection.on('error', (error: Error) => (firstError ??= error));
  try {
    await connection.connect();
    // ioredis only reports a database number that does not exist, and continues in database 0.
    if (firstError !== undefined) throw firstError;
    await judgeServer(connection, place, options.log);
    await tryJob(connection, options.prefix);
  } catch (error) {
    if (await speaksPlainly(redisUrl)) throw redisFailure(HAS_NO_TLS, place, firstError ?? error);
    throw classifyRedisError(firstError ?? error, place);
  } finally {
    connection.disconnect();
  }
}

/**
 * Whether a server speaks plain text although TLS was asked for: Redis takes a TLS greeting for an unfinished line, and
 * waits for the rest.
 */
async function speaksPlainly(redisUrl: Secret): Promise<boolean> {
  const { protocol, hostname, port } = new URL(redisUrl.reveal());
  if (protocol !== 'rediss:') return false;
  const socket = connect({ host: hostname, port: Number(port === '' ? DEFAULT_REDIS_PORT : port) });
  socket.on('error', () => undefined);
  socket.write('PING\r\n');
  try {
    const [answer] = (await once(socket, 'data', { signal: AbortSignal.timeout(PLAIN_TIMEOUT_MS) })) as [
      Buffer,
    ];
    return /^[+-]/.test(answer.toString('latin1'));
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function judgeServer(connection: Redis, place: string, log: (line: string) => void): Promise<void> {
  // BullMQ needs INFO too, so a user without that right is refused here.
  let info = await readInfo(connection);
  if (info.get('loading') === '1') log(`Redis at ${place} is loading its data; waiting for it.`);
  for (let waitedMs = 0; info.get('loading') === '1'; waitedMs += LOADING_POLL_MS) {
    if (waitedMs >= LOADING_TIMEOUT_MS) throw redisFailure(IS_LOADING, place);
    await sleep(LOADING_POLL_MS);
    info = await readInfo(connection);
  }
  if (info.get('cluster_enabled') === '1') throw redisFailure(IS_CLUSTER, place);
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  if (policy !== 'noeviction') throw redisFailure(mayEvict(policy), place);
}

async function readInfo(connection: Redis): Promise<ReadonlyMap<string, string>> {
  const lines = (await connection.info()).split('\r\n');
  return new Map(
    lines.map((line) => {
      const [name = '', ...value] = line.split(':');
      return [name, value.join(':')];
    }),
  );
}

/** Runs one job through every part of BullMQ that we use, and removes all traces even if it fails. */
async function tryJob(connection: Redis, prefix: string): Promise<void> {
  const name = `trial-${randomBytes(6).toString('hex')}`;
  const options = { connection, prefix };
  const queue = new Queue(name, options, createRedisBackend);
  const runner = new JobWorker(
    name,
    () => Promise.resolve(),
    { ...options, autorun: false },
    createRedisBackend,
  );
  const timeout = new AbortController();
  const done = new Promise<void>((resolve, reject) => {
    queue.on('error', reject);
    runner.on('error', reject);
    runner.on('completed', () => resolve());
    runner.on('failed', (_job, error) => reject(error));
    sleep(TRIAL_TIMEOUT_MS, undefined, { signal: timeout.signal }).then(
      () => reject(new Error('Command timed out')),
      () => undefined,
    );
  });
  try {
    await Promise.race([done, queueJob(queue, connection)]);
    runner.run().catch(() => undefined);
    await done;
  } finally {
    timeout.abort();
    await runner.close(true);
    await queue.close();
    await connection.del(keysOf(queue)).catch(() => undefined);
  }
}

async function queueJob(queue: Queue, connection: Redis): Promise<void> {
  await queue.waitUntilReady();
  await queue.add('trial', null, {
    jobId: JOB_ID,
    priority: 1,
    deduplication: { id: JOB_ID },
    removeOnComplete: true,
  });
  await queue.getJobs(['waiting', 'prioritized', 'delayed']);
  await queue.getJobCounts();
  // The one command that a runner sends only when idle. The job ends the wait at once.
  await connection.bzpopmin(queue.toKey('marker'), 1);
}

function keysOf(queue: Queue): string[] {
  const ofJob = [JOB_ID, `${JOB_ID}:lock`, `de:${JOB_ID}`].map((key) => queue.toKey(key));
  return [...Object.values(queue.keys), ...ofJob];
}
