import type { JobContext } from '../../../jobs/job-context';
import { planStreams } from '../../../jobs/plan';
import { processJob } from '../../../jobs/process-job';
import { StreamHolds } from '../../../jobs/stream-holds';
import { systemClock } from '../../../src/core/clock';
import { createMetrics } from '../../../src/observability/metrics';
import { STREAMS } from '../../../src/sync/registry';
import type { StreamDefinition } from '../../../src/sync/stream';
import { StreamRegistry } from '../../../src/sync/stream-registry';
import { createSyncedPool, type SyncedPool } from '../../support/synced-pool';
import { useTestDatabase } from '../../support/test-database';

/** All that it takes, beside a line in the registry. */
const notices: StreamDefinition = {
  name: 'notices',
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
// Before the database is dropped: hooks run in the order in which they are written.
afterAll(() => pool.close());
const database = useTestDatabase();
beforeAll(async () => {
  pool = await createSyncedPool({
    databaseUrl: database.url,
    streams: new StreamRegistry([...STREAMS.all, notices]),
    env: { NOTICES_EVERY: '2 h' },
    simulator: {
      seed: 1,
      startAt: Date.UTC(2026, 9, 20),
      rateLimit: null,
      world: { days: 2, subAccountsPerAccount: 1, algorithms: ['SHA256d'], workersPerSubAccount: 1 },
    },
  });
});

async function freshness(): Promise<unknown> {
  const [row] = await pool.sql`
    SELECT state, every::text, scopes::int FROM report.data_freshness WHERE stream = 'notices'`;
  return row;
}

test('a stream is planned, synced and shown once it is registered', async () => {
  expect(await freshness()).toEqual({ state: 'waiting', every: '02:00:00', scopes: 0 });
  const jobs: { readonly name: string; readonly data: unknown }[] = [];
  const context: JobContext = {
    service: pool.service,
    queue: { addBulk: (added) => Promise.resolve(jobs.push(...added)) },
    everyMs: { ...pool.everyMs },
    keepDays: { workerSamples: null, workerHourly: null, workerDaily: null, runs: null },
    clock: systemClock,
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    signal: new AbortController().signal,
    holds: new StreamHolds(systemClock),
    inFlight: new Set(),
    wakeIn: () => undefined,
  };
  await planStreams(context, ['notices']);
  expect(jobs).toEqual([]);
  await pool.sync({ streams: ['sub-accounts'] });
  await planStreams(context, ['notices']);
  expect(jobs).toMatchObject([{ name: 'notices.sync', opts: { priority: STREAMS.all.length + 1 } }]);
  const job = { id: '1', moveToWait: () => Promise.reject(new Error('Nobody stops.')), ...jobs[0]! };
  expect(await processJob(context, createMetrics(), job, '')).toBe('succeeded');
  expect(await freshness()).toEqual({ state: 'fresh', every: '02:00:00', scopes: 1 });

  // By hand, too, with the others.
  const summaries = await pool.sync();
  expect(summaries.map(({ stream }) => stream)).toContain('notices');
});
