import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import type { JobQueue, QueueBackend } from '../../../jobs/backends/backend';
import { planStreams } from '../../../jobs/plan';
import { readQueue } from '../../../jobs/queue-snapshot';
import { ensureSchedules, schedulesOf } from '../../../jobs/schedules';
import { withSchedulesLock } from '../../../src/store/queue-registration';
import { Secret } from '../../../src/core/secret';
import type { Stream } from '../../../src/domain/streams';
import { STREAMS } from '../../../src/sync/registry';
import { eventually } from '../../support/eventually';
import { onBothBackends } from '../../support/jobs/both-backends';
import { createJobContext, createJobPool, openTestBackend } from '../../support/jobs/job-lab';
import type { SyncedPool } from '../../support/synced-pool';
import { createTestDatabase, type TestDatabase } from '../../support/test-database';

onBothBackends('the queue', (backendUnderTest) => {
  let database: TestDatabase;
  let pool: SyncedPool;
  let backend: QueueBackend;
  let queue: JobQueue;
  const lock = (work: () => Promise<void>) => withSchedulesLock(new Secret(database.url), work);
  const waiting = () => queue.getJobs(['waiting', 'prioritized', 'delayed'], 0, -1, true);

  beforeAll(async () => {
    database = await createTestDatabase();
    pool = await createJobPool(database.url);
    backend = await openTestBackend(backendUnderTest, database);
    queue = backend.openQueue();
    queue.on('error', () => undefined);
    await pool.sync({ streams: ['algorithms', 'sub-accounts', 'workers'] });
    await pool.sql`UPDATE sync.cursors SET last_cycle_at = last_cycle_at - interval '1 day' WHERE stream = 'workers'`;
  });
  afterEach(async () => {
    for (const { key } of await queue.getJobSchedulers(0, -1)) await queue.removeJobScheduler(key);
    // A scheduler's job is removed with the scheduler, or when it is done.
    for (const job of await waiting()) if (job.repeatJobKey === undefined) await job.remove();
  });
  afterAll(async () => {
    await queue.close();
    await backend.close();
    await pool.close();
    await database.drop();
  });

  const plan = (...streams: Stream[]) => planStreams(createJobContext(pool, queue), streams);

  test('holds one job per scope, however often it is planned', async () => {
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(Array.from({ length: 4 }, () => plan('earnings')));
    }
    const targets = (await waiting()).map(({ data }) => JSON.stringify(data));
    expect(new Set(targets).size).toBe(targets.length);
    expect(targets.length).toBe(2 * STREAMS.get('earnings').concurrency);
  });

  test('P12 holds no job that waits for a time of day', async () => {
    await plan(...STREAMS.names);
    expect(await queue.getJobs(['delayed'], 0, -1)).toEqual([]);
  });

  test('P10 holds no secret', async () => {
    await plan(...STREAMS.names);
    const text = JSON.stringify((await waiting()).map((job) => job.asJSON()));
    const snapshot = await readQueue(queue);
    expect(snapshot.jobs.filter(({ name }) => name === 'earnings.sync').length).toBe(
      2 * STREAMS.get('earnings').concurrency,
    );
    for (const account of pool.simulator.accounts) {
      expect(snapshot.jobs.some(({ scope }) => scope.startsWith(`${account.name} `))).toBe(true);
      expect(text).toContain(account.name);
      for (const secret of [account.apiKey, account.apiSecret, account.apiPassphrase]) {
        expect(text).not.toContain(secret);
        expect(JSON.stringify(snapshot)).not.toContain(secret);
      }
    }
  });

  test('serves earnings before rewards, and workers last', async () => {
    for (const stream of ['worker-details', 'workers', 'rewards', 'earnings']) await plan(stream);
    const began: string[] = [];
    const runner = backend.openRunner((job) => Promise.resolve(began.push(job.name)), { concurrency: 1 });
    runner.on('error', () => undefined);
    const planned = (await waiting()).length;
    const running = runner.run();
    await eventually('all were served', 60_000, () =>
      Promise.resolve(began.length >= planned && planned > 0 ? true : null),
    );
    await runner.close();
    await running;
    const streams = began.map((name) => name.split('.')[0]!);
    expect([...new Set(streams)]).toEqual(['earnings', 'rewards', 'workers', 'worker-details']);
    const rank = (stream: string): number => STREAMS.priorityOf(stream);
    expect(streams).toEqual([...streams].sort((a, b) => rank(a) - rank(b)));
  });

  test('keeps one scheduler per job, and drops other versions’', async () => {
    await queue.upsertJobScheduler('earlier.plan', { every: 60_000 }, { name: 'earlier.plan', data: {} });
    const ensure = (everyMs: Readonly<Record<string, number>>) =>
      lock(() => ensureSchedules(queue, schedulesOf(everyMs), Date.now()));
    await Promise.all(Array.from({ length: 4 }, () => ensure(pool.everyMs)));
    const slower = { ...pool.everyMs, workers: HOUR_MS };
    await ensure(slower);
    const present = await queue.getJobSchedulers(0, -1);
    expect(new Map(present.map(({ key, every }) => [key, every]))).toEqual(schedulesOf(slower));
    // A job of it that already waits fails, since this version has no such job.
    const names = (await waiting()).map(({ name }) => name).filter((name) => name !== 'earlier.plan');
    expect(names.sort()).toEqual([...schedulesOf(slower).keys()].sort());
  });

  test('P12 replaces schedulers that a wrong clock created', async () => {
    const slow = new Map([['workers.plan', 60_000]]);
    const realNow = Date.now;
    try {
      Date.now = () => realNow() + 2 * HOUR_MS;
      await ensureSchedules(queue, slow, Date.now());
    } finally {
      Date.now = realNow;
    }
    await ensureSchedules(queue, slow, Date.now());
    const [scheduler] = await queue.getJobSchedulers(0, -1);
    expect(scheduler!.next! - Date.now()).toBeLessThanOrEqual(60_000);
  });
});
