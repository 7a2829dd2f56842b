import type { JobContext, QueuedJob } from '../../../jobs/job-context';
import type { JobQueue, QueueBackend } from '../../../jobs/backends/backend';
import { openPostgresBackend } from '../../../jobs/backends/postgres';
import { openRedisBackend } from '../../../jobs/backends/redis';
import { LANES } from '../../../jobs/lanes';
import { planStream } from '../../../jobs/plan-stream';
import { processJob } from '../../../jobs/process-job';
import { lookAtQueue } from '../../../jobs/queue-look';
import { ensureSchedules, schedulesOf } from '../../../jobs/schedules';
import { startServiceJobs } from '../../../jobs/service-jobs';
import { withSchedulesLock } from '../../../src/app/queue-place';
import { loadConfig } from '../../../src/config/load';
import { systemClock } from '../../../src/core/clock';
import { Secret } from '../../../src/core/secret';
import { STREAMS, type Stream } from '../../../src/domain/streams';
import { createMetrics } from '../../../src/observability/metrics';
import { eventually } from '../../support/eventually';
import { onBothBackends } from '../../support/jobs/both-backends';
import { allEvery } from '../../support/jobs/service-process';
import { differenceOf, storedOf, truthOf } from '../../support/ledger-truth';
import { createSyncedPool, type SyncedPool } from '../../support/synced-pool';
import { createTestDatabase, type TestDatabase } from '../../support/test-database';

const START = Date.UTC(2026, 9, 20, 9, 30);
const EVERY = loadConfig({ HOME: '/nonexistent' }).sync.everyMs;
const DAY_MS = 86_400_000;
const silent = () => undefined;
jest.setTimeout(120_000);

onBothBackends('the queue', (backendUnderTest) => {
  let database: TestDatabase;
  let pool: SyncedPool;
  let backend: QueueBackend;
  let queue: JobQueue;
  let context: JobContext;

  beforeEach(async () => {
    database = await createTestDatabase();
    const redisUrl = backendUnderTest.redisUrl();
    pool = await createSyncedPool({
      databaseUrl: database.url,
      simulator: {
        seed: 20_261_122,
        startAt: START,
        world: { accounts: 2, subAccountsPerAccount: 2, days: 120, workersPerSubAccount: 4 },
      },
      env: { ...allEvery('2 s'), RECENT_EVERY: '2 s', WORKER_DETAILS_SHARE: '0.1' },
    });
    backend =
      redisUrl === null
        ? await openPostgresBackend(new Secret(database.url))
        : await openRedisBackend(
            new Secret(redisUrl),
            `${backendUnderTest.redisPrefix()}-${database.name}`,
            silent,
          );
    queue = backend.openQueue();
    queue.on('error', () => undefined);
    context = {
      service: pool.service,
      queue,
      everyMs: EVERY,
      keepDays: { workerSamples: 14, workerHourly: 180, workerDaily: null, runs: 400 },
      clock: systemClock,
      random: Math.random,
      log: { debug: silent, info: silent, warn: silent, error: silent },
      signal: new AbortController().signal,
    };
  });
  afterEach(async () => {
    await queue.close();
    await backend.close();
    await pool.close();
    await database.drop();
  });

  const waiting = () => queue.getJobs(['waiting', 'prioritized', 'delayed'], 0, -1, true);

  it('a scope has at most one job, and a stream no more than its lanes, however often and by whomever they are planned', async () => {
    await pool.sync({ streams: ['algorithms', 'sub-accounts'] });
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(Array.from({ length: 4 }, () => planStream(context, 'earnings')));
    }
    const targets = (await waiting()).map(({ data }) => JSON.stringify(data));
    expect(new Set(targets).size).toBe(targets.length);
    expect(targets.length).toBe(2 * LANES.earnings);
  });

  it('P10 no job holds a secret', async () => {
    await pool.sync({ streams: ['algorithms', 'sub-accounts'] });
    for (const stream of STREAMS) await planStream(context, stream);
    const text = JSON.stringify((await waiting()).map((job) => job.asJSON()));
    const look = await lookAtQueue(queue);
    expect(look.counts['delayed']).toBe(look.jobs.filter(({ state }) => state === 'delayed').length);
    expect(look.jobs.filter(({ name }) => name === 'earnings.sync').length).toBe(2 * LANES.earnings);
    for (const account of pool.simulator.accounts) {
      expect(look.jobs.some(({ scope }) => scope.startsWith(`${account.name} `))).toBe(true);
      expect(text).toContain(account.name);
      for (const secret of [account.apiKey, account.apiSecret, account.apiPassphrase]) {
        expect(text).not.toContain(secret);
        expect(JSON.stringify(look)).not.toContain(secret);
      }
    }
  });

  it('earnings are served before rewards, and workers last, whatever came first', async () => {
    await pool.sync({ streams: ['algorithms', 'sub-accounts', 'workers'] });
    await pool.sql`UPDATE sync.cursors SET last_cycle_at = last_cycle_at - interval '1 day' WHERE stream = 'workers'`;
    const order: Stream[] = ['worker-details', 'workers', 'rewards', 'earnings'];
    for (const stream of order) await planStream(context, stream);
    const asked: string[] = [];
    const stopHook = pool.simulator.onRequest(({ endpoint }) => void asked.push(endpoint));
    const began: string[] = [];
    const runner = backend.openRunner((job) => Promise.resolve(began.push(job.name)), { concurrency: 1 });
    runner.on('error', () => undefined);
    const running = runner.run();
    const planned = (await waiting()).length;
    await eventually('all were served', 60_000, () =>
      Promise.resolve(began.length >= planned && planned > 0 ? true : null),
    );
    await runner.close();
    await running;
    stopHook();
    expect(asked).toEqual([]);
    const streams = began.map((name) => name.split('.')[0]!);
    expect([...new Set(streams)]).toEqual(['earnings', 'rewards', 'workers', 'worker-details']);
    expect(streams).toEqual(
      [...streams].sort((a, b) => STREAMS.indexOf(a as Stream) - STREAMS.indexOf(b as Stream)),
    );
  });

  it('keeps one scheduler a job, whoever registers them and however often, and drops those of other versions', async () => {
    const lock = (work: () => Promise<void>) => withSchedulesLock(new Secret(database.url), work);
    await queue.upsertJobScheduler('earlier.plan', { every: 60_000 }, { name: 'earlier.plan', data: {} });
    await Promise.all(
      Array.from({ length: 4 }, () => lock(() => ensureSchedules(queue, schedulesOf(EVERY)))),
    );
    const slower = { ...EVERY, workers: 3 * EVERY.workers };
    await lock(() => ensureSchedules(queue, schedulesOf(slower)));
    const present = await queue.getJobSchedulers(0, -1);
    expect(new Map(present.map(({ key, every }) => [key, every]))).toEqual(schedulesOf(slower));
    // The one that was waiting already will be told that there is no such job.
    const names = (await waiting()).map(({ name }) => name).filter((name) => name !== 'earlier.plan');
    expect(names.sort()).toEqual([...schedulesOf(slower).keys()].sort());
  });

  it('P2 brings everything up to date by itself, and keeps it so while the pool publishes and settles', async () => {
    const jobs = await startServiceJobs({
      ...context,
      backend,
      everyMs: Object.fromEntries(STREAMS.map((stream) => [stream, 2_000])) as Record<Stream, number>,
      metrics: createMetrics(),
      exclusively: (work) => withSchedulesLock(new Secret(database.url), work),
      onHopeless: (error) => {
        throw error;
      },
    });
    try {
      for (let day = 0; day <= 3; day += 1) {
        for (const stream of ['earnings', 'rewards'] as const) {
          await eventually(`${stream} are equal on day ${day}`, 40_000, async () =>
            differenceOf(truthOf(pool.simulator, stream), await storedOf(pool.sql, stream)).length === 0
              ? true
              : null,
          );
        }
        pool.simulator.clock.advance(DAY_MS);
      }
      const [states] = await pool.sql<{ bad: string }[]>`
        SELECT count(*) FILTER (WHERE outcome IN ('failed', 'partial'))::text AS bad FROM sync.runs`;
      expect(states?.bad).toBe('0');
      await eventually('every stream was synced', 40_000, async () => {
        const streams = await pool.sql<{ stream: string }[]>`SELECT DISTINCT stream FROM sync.runs`;
        return streams.length === STREAMS.length ? true : null;
      });
    } finally {
      await jobs.stop();
    }
  });

  it('reads every scope soon after the first start, although the regular plans are minutes apart', async () => {
    const jobs = await startServiceJobs({
      ...context,
      backend,
      metrics: createMetrics(),
      exclusively: (work) => withSchedulesLock(new Secret(database.url), work),
      onHopeless: () => undefined,
    });
    try {
      // The last to be served, one at a time.
      await eventually('every scope of worker-details was read', 60_000, async () => {
        const plans = await Promise.all(
          pool.service.accounts.map((account) => pool.service.plan(account, 'worker-details')),
        );
        const scopes = plans.flatMap((plan) => plan.scopes);
        const isDone = scopes.length > 8 && scopes.every(({ nextVisitMs }) => nextVisitMs > -Infinity);
        return isDone ? true : null;
      });
    } finally {
      await jobs.stop();
    }
  });

  const scopesOf = async (stream: Stream) =>
    (await waiting()).filter(({ name }) => name === `${stream}.sync`).map(({ data }) => JSON.stringify(data));
  const first = async (stream: Stream): Promise<QueuedJob> =>
    (await waiting()).find(({ name }) => name === `${stream}.sync`)!;

  it('a scope that is done makes room for the next of its stream, without a plan between', async () => {
    await pool.sync({ streams: ['algorithms', 'sub-accounts'] });
    await planStream(context, 'earnings');
    const before = await scopesOf('earnings');
    await processJob(context, createMetrics(), await first('earnings'), '');
    const after = await scopesOf('earnings');
    expect(after.length).toBe(before.length + 1);
    expect((await waiting()).map(({ name }) => name).filter((name) => name.endsWith('.plan'))).toEqual([]);
  });

  it('what the catalog holds is begun at once, also when another run stored it a moment before', async () => {
    await planStream(context, 'sub-accounts');
    await pool.sync({ streams: ['algorithms', 'sub-accounts'] });
    await processJob(context, createMetrics(), await first('sub-accounts'), '');
    for (const stream of ['earnings', 'rewards', 'workers'] as const) {
      expect((await scopesOf(stream)).length).toBe(LANES[stream]);
    }
  });

  it('workers are asked for one by one as soon as they were listed, and not before', async () => {
    await pool.sync({ streams: ['algorithms', 'sub-accounts'] });
    expect(await planStream(context, 'worker-details')).toBe(0);
    await planStream(context, 'workers');
    const listed = await first('workers');
    await processJob(context, createMetrics(), listed, '');
    const target = { ...(listed.data as object), stream: 'worker-details' };
    expect(await scopesOf('worker-details')).toEqual([JSON.stringify(target)]);
  });

  it('the pool’s totals are asked for once the ledger was read, and not before', async () => {
    await pool.sync({ streams: ['algorithms', 'sub-accounts'] });
    expect(await planStream(context, 'account-income')).toBe(0);
    await pool.sync({ streams: ['earnings', 'rewards'] });
    expect(await planStream(context, 'account-income')).toBe(context.service.accounts.length);
  });

  it('P8 a stopped account has no jobs, and the others go on', async () => {
    await pool.sync({ streams: ['algorithms', 'sub-accounts'] });
    const [stopped, other] = pool.service.accounts;
    await pool.sql`UPDATE pool.accounts SET status = 'auth_failed' WHERE account_name = ${stopped!.name}`;
    await planStream(context, 'earnings');
    const accounts = (await waiting()).map(({ data }) => (data as { account: string }).account);
    expect([...new Set(accounts)]).toEqual([other!.name]);
  });

  it('a job that would wait for its permit for more than 5 s makes room, and is in the queue for later', async () => {
    await pool.sync({ streams: ['algorithms', 'sub-accounts'] });
    const { service: real } = context;
    const service: JobContext['service'] = {
      accounts: real.accounts,
      plan: (...of) => real.plan(...of),
      run: (...of) => real.run(...of),
      mayRun: (account, stream) => real.mayRun(account, stream),
      quietMs: () => 0,
      waitEstimateMs: () => 20_000,
      enforceRetention: (keepDays) => real.enforceRetention(keepDays),
      closeAbandonedRuns: (olderThanMs) => real.closeAbandonedRuns(olderThanMs),
    };
    await planStream(context, 'earnings');
    const jobs = await startServiceJobs({
      ...context,
      service,
      backend,
      metrics: createMetrics(),
      exclusively: (work) => work(),
      onHopeless: () => undefined,
    });
    await eventually('they are delayed', 10_000, async () =>
      (await queue.getJobs(['delayed'], 0, -1)).filter(({ name }) => name === 'earnings.sync').length ===
      2 * LANES.earnings
        ? true
        : null,
    );
    await jobs.stop();
    expect(pool.simulator.requests.count('earn/query')).toBe(0);
  });
});
