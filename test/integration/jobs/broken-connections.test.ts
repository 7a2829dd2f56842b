import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import postgres from 'postgres';
import { createSimulator, type Simulator } from '../../../src/simulator';
import { eventually } from '../../support/eventually';
import { clearQueue, onBothBackends } from '../../support/jobs/both-backends';
import { StoppableRedis } from '../../support/jobs/redis-server';
import { allEvery, serviceEnv, ServiceProcess } from '../../support/jobs/service-process';
import { differenceOf, storedOf, truthOf } from '../../support/ledger-truth';
import { describeRedis } from '../../support/redis';
import { createTestDatabase, type TestDatabase } from '../../support/test-database';
import { runDirectory } from '../../support/test-run';

const START = Date.UTC(2026, 9, 20, 9, 30);
const DAY_MS = 86_400_000;
const OURS = 'broken-connections.test';
const ROUNDS = 8;
const OUTAGE_MS = 11_000;
/** A plan comes at most so much later than the queue is back; then a request is made. */
const BACK_MS = 40_000;
/** From its last word to its end; what it forgot to close would keep it for 2 s. */
const LEAVE_MS = 1_000;
jest.setTimeout(180_000);

let database: TestDatabase;
let sql: postgres.Sql;
let simulator: Simulator;
let service: ServiceProcess | undefined;

beforeEach(async () => {
  database = await createTestDatabase();
  sql = postgres(database.url, { max: 1, onnotice: () => undefined, connection: { application_name: OURS } });
  simulator = await createSimulator({
    seed: 20_261_122,
    startAt: START,
    rateLimit: null,
    world: {
      accounts: 1,
      subAccountsPerAccount: 1,
      days: 60,
      algorithms: ['SHA256d'],
      workersPerSubAccount: 3,
    },
  });
});
afterEach(async () => {
  await service?.end('SIGKILL');
  service = undefined;
  await sql.end();
  await database.drop();
  await simulator.close();
});

function start(env: Record<string, string>): ServiceProcess {
  service = new ServiceProcess(['--role', 'run'], {
    ...serviceEnv(simulator, database.url),
    ...allEvery('2 s'),
    KUCOIN_POOL_REQUESTS_PER_SECOND: '50',
    ...env,
  });
  return service;
}

async function countOfRuns(): Promise<number> {
  const [row] = await sql<{ runs: string }[]>`
    SELECT count(*)::text AS runs FROM sync.runs WHERE outcome = 'succeeded'`;
  return Number(row!.runs);
}

async function untilItWorks(what: string): Promise<void> {
  const before = await countOfRuns();
  await eventually(what, BACK_MS, async () => ((await countOfRuns()) > before + 8 ? true : null));
}

async function expectTruth(): Promise<void> {
  simulator.clock.advance(DAY_MS);
  simulator.world.liveUntil(simulator.clock.now());
  for (const stream of ['earnings', 'rewards'] as const) {
    const truth = truthOf(simulator, stream);
    await eventually(`${stream} equal the truth`, BACK_MS, async () =>
      differenceOf(truth, await storedOf(sql, stream)).length === 0 ? true : null,
    );
  }
}

onBothBackends('every connection is cut, again and again', (backend) => {
  afterEach(() => clearQueue(database.url, backend.redisUrl()));

  test('the service goes on, and nothing is lost', async () => {
    const running = start(backend.env());
    await running.untilRunning();
    await untilItWorks('it works');
    const ownPids = (
      await sql<{ pid: number }[]>`
      SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = ${OURS}`
    ).map(({ pid }) => pid);
    const redisUrl = backend.redisUrl();
    const redis = redisUrl === null ? null : new Redis(redisUrl);
    let cuts = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const cut = await sql`
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> ALL (${ownPids}::int[])`;
      cuts += cut.length;
      await redis?.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      // At another moment of its work each time.
      await sleep(300 + 70 * round);
    }
    expect(cuts).toBeGreaterThan(ROUNDS);
    redis?.disconnect();
    await untilItWorks('it works again');
    await expectTruth();
    expect(running.text).toBe('');
    expect(await running.end('SIGTERM')).toBe(0);
  });
});

/** Stops the service; resolves with its exit code once it is gone, which it has to be soon after its last word. */
async function stopSwiftly(running: ServiceProcess): Promise<number | null> {
  const saidAtMs = running.until(({ msg }) => msg === 'Stopped.').then(() => performance.now());
  const code = await running.end('SIGTERM');
  expect(performance.now() - (await saidAtMs)).toBeLessThan(LEAVE_MS);
  return code;
}

test('stopped right after the queue lost its connections in the midst of a statement, it leaves at once', async () => {
  const running = start({});
  await running.untilRunning();
  const isLook = sql`application_name = 'kpool queue' AND wait_event_type = 'Lock'`;
  const blocker = postgres(database.url, { max: 1, onnotice: () => undefined });
  const cutInALook = async (): Promise<boolean> => {
    try {
      await blocker.begin(async (tx) => {
        const tables =
          await tx`SELECT format('bullmq.%I', tablename) AS name FROM pg_tables WHERE schemaname = 'bullmq'`;
        await tx.unsafe(`LOCK TABLE ${tables.map(({ name }) => String(name)).join(', ')}`);
        await eventually('a statement of the queue waits', BACK_MS, async () =>
          (await sql`SELECT FROM pg_stat_activity WHERE datname = current_database() AND ${isLook}`).length >
          0
            ? true
            : null,
        );
        await sql`
          SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
           WHERE datname = current_database() AND application_name = 'kpool queue'`;
      });
      return true;
    } catch (error) {
      // The queue took the tables in another order.
      if ((error as { code?: string }).code === '40P01') return false;
      throw error;
    }
  };
  let isCut = false;
  for (let attempt = 0; attempt < 5 && !isCut; attempt += 1) isCut = await cutInALook();
  await blocker.end();
  expect(isCut).toBe(true);
  await running.until(({ msg }) => msg.startsWith('The queue has trouble'));
  expect(await stopSwiftly(running)).toBe(0);
});

describeRedis('Redis is away for a while', () => {
  let redis: StoppableRedis;
  beforeEach(async () => {
    redis = await StoppableRedis.create(await mkdtemp(join(runDirectory(), 'redis-outage-')));
    await redis.start();
  });
  afterEach(() => redis.stop('SIGKILL'));

  const schedulers = async (): Promise<number> => {
    const client = new Redis(redis.url);
    const [key] = await client.keys('kpool-*:repeat');
    const count = key === undefined ? 0 : await client.zcard(key);
    client.disconnect();
    return count;
  };

  test.each<['SIGTERM' | 'SIGKILL', string]>([
    ['SIGTERM', 'what it held'],
    ['SIGKILL', 'nothing'],
  ] as const)(
    'stopped by %s it comes back with %s: the service goes on, and nothing is lost',
    async (signal) => {
      const running = start({ REDIS_URL: redis.url });
      await running.untilRunning();
      await untilItWorks('it works');
      const before = await schedulers();
      expect(before).toBeGreaterThan(8);
      await redis.stop(signal);
      await sleep(OUTAGE_MS);
      const back = running.lines.length;
      await redis.start();
      await untilItWorks('it works again');
      expect(await schedulers()).toBe(before);
      await expectTruth();
      expect(running.text).toBe('');
      expect(
        running.lines.slice(0, back).filter(({ msg }) => msg.startsWith('The queue has trouble')).length,
      ).toBeLessThan(20);
      expect(await running.end('SIGTERM')).toBe(0);
    },
  );

  test('stopped meanwhile, the service leaves at once after its last word', async () => {
    const running = start({ REDIS_URL: redis.url });
    await running.untilRunning();
    await redis.stop('SIGKILL');
    expect(await stopSwiftly(running)).toBe(0);
  });
});
