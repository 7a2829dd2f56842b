import type { NewJob } from '../../../jobs/job-context';
import { planStreams } from '../../../jobs/plan';
import { processJob } from '../../../jobs/process-job';
import { createMetrics } from '../../../src/observability/metrics';
import { STREAMS } from '../../../src/sync/registry';
import type { StreamDefinition } from '../../../src/sync/stream';
import { StreamRegistry } from '../../../src/sync/stream-registry';
import { createJobContext } from '../../support/jobs/job-lab';
import { createSyncedPool, type SyncedPool } from '../../support/synced-pool';
import { useTestDatabase } from '../../support/test-database';

/** All that a new stream needs, besides a line in the registry. */
const madeUp: StreamDefinition = {
  name: 'made-up',
  endpoint: 'algo/query',
  scopes: 'account',
  every: '3 h',
  concurrency: 1,
  after: { streams: ['sub-accounts'], wait: 'first' },
  lockMode: 'wait-and-reuse',
  async sync({ pool }, _scope, run) {
    const { rows } = await pool.queryAlgorithms(run.callOptions);
    run.add({ rowsRead: rows.length, inserted: rows.length });
  },
};

let pool: SyncedPool;
const database = useTestDatabase();
database.beforeDrop(() => pool.close());
beforeAll(async () => {
  pool = await createSyncedPool({
    databaseUrl: database.url,
    streams: new StreamRegistry([...STREAMS.all, madeUp]),
    env: { MADE_UP_EVERY: '2 h' },
    simulator: {
      seed: 1,
      startAt: Date.UTC(2026, 9, 20),
      rateLimit: null,
      world: { days: 2, subAccountsPerAccount: 1, algorithms: ['SHA256d'], workersPerSubAccount: 1 },
    },
  });
});

async function freshness(stream = 'made-up'): Promise<unknown> {
  const [row] = await pool.sql`
    SELECT state, every::text, scopes::int FROM report.data_freshness WHERE stream = ${stream}`;
  return row;
}

/** Plans a stream and runs its jobs, as the service does. */
async function planAndRun(stream: string): Promise<{ jobs: readonly NewJob[]; outcomes: string[] }> {
  // A run may add jobs of the streams that follow it. They run when their stream is tested.
  const jobs: NewJob[] = [];
  const context = createJobContext(pool, { addBulk: (added) => Promise.resolve(jobs.push(...added)) });
  await planStreams(context, [stream]);
  const outcomes: string[] = [];
  for (const [index, { name, data }] of [...jobs].entries()) {
    const job = {
      id: String(index),
      name,
      data,
      moveToWait: () => Promise.reject(new Error('Nobody stops.')),
    };
    outcomes.push(await processJob(context, createMetrics(), job, ''));
  }
  return { jobs, outcomes };
}

test('a stream is planned, synced and shown once it is registered', async () => {
  expect(await freshness()).toEqual({ state: 'waiting', every: '02:00:00', scopes: 0 });
  expect((await planAndRun('made-up')).jobs).toEqual([]);
  await pool.sync({ streams: ['sub-accounts'] });
  const { jobs, outcomes } = await planAndRun('made-up');
  expect(jobs).toMatchObject([{ name: 'made-up.sync', opts: { priority: STREAMS.all.length + 1 } }]);
  expect(outcomes).toEqual(['succeeded']);
  expect(await freshness()).toEqual({ state: 'fresh', every: '02:00:00', scopes: 1 });
});

/** All streams of the registry, in an order in which none has to wait for another. */
test.each(STREAMS.steps.flat().map(({ name }) => name))('%s is planned, synced and shown', async (stream) => {
  const { outcomes } = await planAndRun(stream);
  expect(outcomes.filter((outcome) => outcome !== 'succeeded')).toEqual([]);
  expect(await freshness(stream)).toMatchObject({ state: 'fresh' });
});

test('a sync by hand includes every stream', async () => {
  const summaries = await pool.sync();
  const streams = [...STREAMS.all, madeUp].map(({ name }) => name);
  expect(new Set(summaries.map(({ stream }) => stream))).toEqual(new Set(streams));
});
