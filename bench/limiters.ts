import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import Bottleneck from 'bottleneck';
import { Queue, Worker as JobWorker } from 'bullmq';
import pLimit from 'p-limit';
import { request } from 'undici';
import { systemClock } from '../src/core/clock';
import { Secret } from '../src/core/secret';
import { createPacer } from '../src/pacing/pacer';
import { openPacingDatabase } from '../src/pacing/pacing-database';
import { startWindowServer } from '../test/support/pacing/window-server';
import { findRedisProgram } from '../test/support/redis-program';
import { findFreePort } from '../test/support/test-run';
import { atMost, type Bench, type Figure } from './figure';
import { withScratchDatabase } from './scratch-database';

const LIMIT = 2;
const ROUND_S = 30;
const ROUNDS = 3;
const QUEUED = 200;

/** Sends requests to an address until the time is up. */
type Sender = (url: string, untilMs: number) => Promise<void>;

async function send(url: string): Promise<void> {
  const { body } = await request(url);
  await body.dump();
}

/** Configured for 2 a second as their documentation says. */
const OTHERS: Readonly<Record<string, Sender>> = {
  'p-limit': async (url, untilMs) => {
    const limit = pLimit(LIMIT);
    const one = async (): Promise<void> => {
      if (performance.now() > untilMs) return;
      await Promise.all([send(url), sleep(1_000)]);
    };
    await Promise.all(Array.from({ length: QUEUED }, () => limit(one)));
  },
  bottleneck: async (url, untilMs) => {
    const limiter = new Bottleneck({
      reservoir: LIMIT,
      reservoirRefreshAmount: LIMIT,
      reservoirRefreshInterval: 1_000,
    });
    const one = (): Promise<void> => (performance.now() > untilMs ? Promise.resolve() : send(url));
    await Promise.race([
      Promise.all(Array.from({ length: QUEUED }, () => limiter.schedule(one))),
      sleep(untilMs - performance.now()),
    ]);
    await limiter.stop({ dropWaitingJobs: true }).catch(() => undefined);
  },
  "BullMQ's limiter": async (url, untilMs) => {
    const program = findRedisProgram();
    if (program === null) throw new Error('This comparison needs redis-server or valkey-server on the PATH.');
    const port = await findFreePort();
    const redis = spawn(program.file, ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
      stdio: 'ignore',
      argv0: program.argv0,
    });
    const [name, connection] = [`limited-${randomUUID()}`, { host: '127.0.0.1', port }];
    const queue = new Queue(name, { connection });
    await queue.addBulk(Array.from({ length: QUEUED }, () => ({ name: 'request', data: {} })));
    const runner = new JobWorker(name, () => send(url), {
      connection,
      concurrency: LIMIT * 2,
      limiter: { max: LIMIT, duration: 1_000 },
    });
    await sleep(untilMs - performance.now());
    await runner.close();
    await queue.close();
    redis.kill();
  },
};

const paced =
  (databaseUrl: string): Sender =>
  async (url, untilMs) => {
    const database = openPacingDatabase(new Secret(databaseUrl));
    const pacer = createPacer({
      database,
      clock: systemClock,
      requestsPerSecond: LIMIT,
      scope: 'endpoint',
      totalTimeoutMs: 30_000,
    });
    const bucket = { key: randomUUID(), endpoint: 'earn' };
    const sending = Array.from({ length: LIMIT * 2 }, async () => {
      while (performance.now() < untilMs) {
        const permit = await pacer.acquire({ bucket, priority: 1 });
        permit.use();
        await send(url);
        permit.answered();
      }
    });
    await Promise.all(sending);
    await pacer.stop();
    await database.close();
  };

interface Round {
  readonly perMinute: number;
  readonly refusedPerMinute: number;
}

async function round(sender: Sender): Promise<Round> {
  const pool = await startWindowServer({
    limit: LIMIT,
    roundTripMs: () => 20 + 60 * Math.random(),
    random: Math.random,
  });
  await sender(`${pool.url}/earn`, performance.now() + ROUND_S * 1_000);
  const perMinute = 60 / ROUND_S;
  const measured = {
    perMinute: (pool.arrivals.length - pool.rejected()) * perMinute,
    refusedPerMinute: pool.rejected() * perMinute,
  };
  await pool.close();
  return measured;
}

async function run(log: (line: string) => void): Promise<readonly Figure[]> {
  return withScratchDatabase(async (databaseUrl) => {
    const figures: Figure[] = [];
    for (const [name, sender] of Object.entries({ kpool: paced(databaseUrl), ...OTHERS })) {
      const rounds: Round[] = [];
      for (let n = 1; n <= ROUNDS; n += 1) {
        log(`${name}, round ${n} of ${ROUNDS}`);
        rounds.push(await round(sender));
      }
      figures.push(
        {
          what: `${name}: too many in a second, refused per minute`,
          values: rounds.map(({ refusedPerMinute }) => refusedPerMinute),
          baseline: null,
          target: name === 'kpool' ? atMost(0) : null,
        },
        {
          what: `${name}: answered per minute`,
          values: rounds.map(({ perMinute }) => perMinute),
          baseline: null,
          target: null,
        },
      );
    }
    return figures;
  });
}

export const limiters: Bench = {
  name: 'limiters',
  title: `${LIMIT} requests a second and key, at a pool that counts them in a sliding window: which limiters are refused`,
  minutes: 7,
  run,
};
