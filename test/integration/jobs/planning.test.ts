import type { JobContext, NewJob } from '../../../jobs/job-context';
import { planStreams } from '../../../jobs/plan';
import { processJob } from '../../../jobs/process-job';
import type { Stream } from '../../../src/domain/streams';
import { createMetrics } from '../../../src/observability/metrics';
import { STREAMS } from '../../../src/sync/registry';
import { createJobContext, createJobPool } from '../../support/jobs/job-lab';
import type { SyncedPool } from '../../support/synced-pool';
import { createTestDatabase, type TestDatabase } from '../../support/test-database';

const CATALOG = ['algorithms', 'sub-accounts'] as const;

let database: TestDatabase;
let pool: SyncedPool;
let jobs: NewJob[];
let context: JobContext;
beforeEach(async () => {
  database = await createTestDatabase();
  pool = await createJobPool(database.url);
  jobs = [];
  context = createJobContext(pool, { addBulk: (added) => Promise.resolve(jobs.push(...added)) });
});
afterEach(async () => {
  await pool.close();
  await database.drop();
});

const jobsOf = (stream: Stream): NewJob[] => jobs.filter(({ name }) => name === `${stream}.sync`);
const accountOf = ({ data }: NewJob): string => (data as { account: string }).account;
const unworked = { id: '1', moveToWait: () => Promise.reject(new Error('Nobody stops.')) };
/** Runs the first job of the stream, as the service does. */
const work = (stream: Stream, on = context): Promise<string> =>
  processJob(on, createMetrics(), { ...unworked, ...jobsOf(stream)[0]! }, '');

test('a completed scope makes room for the next of its stream', async () => {
  await pool.sync({ streams: CATALOG });
  await planStreams(context, ['earnings']);
  const { concurrency } = STREAMS.get('earnings');
  expect(jobsOf('earnings')).toHaveLength(2 * concurrency);
  const known = new Set(jobsOf('earnings').map(({ data }) => JSON.stringify(data)));
  expect(await work('earnings')).toBe('succeeded');
  const added = jobsOf('earnings').filter(({ data }) => !known.has(JSON.stringify(data)));
  expect(added).toHaveLength(1);
});

test('scopes that another process stored start at once', async () => {
  await planStreams(context, ['sub-accounts']);
  await pool.sync({ streams: CATALOG });
  const mine = accountOf(jobsOf('sub-accounts')[0]!);
  await work('sub-accounts');
  for (const stream of ['earnings', 'rewards', 'workers']) {
    expect(jobsOf(stream).map(accountOf)).toEqual(
      Array.from({ length: STREAMS.get(stream).concurrency }, () => mine),
    );
  }
});

test('worker details start once the workers were listed', async () => {
  await pool.sync({ streams: CATALOG });
  await planStreams(context, ['worker-details']);
  expect(jobsOf('worker-details')).toEqual([]);
  await planStreams(context, ['workers']);
  const listed = jobsOf('workers')[0]!;
  await work('workers');
  expect(jobsOf('worker-details').map(({ data }) => data)).toEqual([
    { ...(listed.data as object), stream: 'worker-details' },
  ]);
});

test('the pool’s totals wait for the catalog and the first ledger', async () => {
  await planStreams(context, ['account-income']);
  await pool.sync({ streams: CATALOG });
  await planStreams(context, ['account-income']);
  expect(jobsOf('account-income')).toEqual([]);
  await pool.sync({ streams: ['earnings', 'rewards'] });
  await planStreams(context, ['account-income']);
  expect(jobsOf('account-income')).toHaveLength(2);
});

test('the pool’s totals follow the first ledger at once', async () => {
  await pool.sync({ streams: CATALOG });
  await pool.sync({ streams: ['rewards'] });
  const [account] = pool.service.accounts;
  await planStreams(context, ['earnings']);
  const mine = jobsOf('earnings').filter((job) => accountOf(job) === account!.name);
  // All scopes but one are read.
  const target = mine[0]!.data as { puid: string; algo: string };
  await pool.sync({ streams: ['earnings'], accountName: account!.name });
  await pool.sql`
    UPDATE sync.cursors SET last_cycle_at = NULL
     WHERE stream = 'earnings' AND puid = ${target.puid} AND algo = ${target.algo}`;
  await work('earnings');
  expect(jobsOf('account-income').map(accountOf)).toEqual([account!.name]);
  expect(await work('account-income')).toBe('succeeded');
  const [samples] = await pool.sql`SELECT count(*)::int AS count FROM pool.account_income_samples`;
  expect(samples!['count']).toBeGreaterThan(0);
});

test('P8 a stopped account has no jobs, and the others go on', async () => {
  await pool.sync({ streams: CATALOG });
  const [stopped, other] = pool.service.accounts;
  await pool.sql`UPDATE pool.accounts SET status = 'auth_failed' WHERE account_name = ${stopped!.name}`;
  await planStreams(context, ['earnings']);
  expect([...new Set(jobs.map(accountOf))]).toEqual([other!.name]);
});

test('a job that would wait over 5 s for a permit makes room', async () => {
  await pool.sync({ streams: CATALOG });
  const busy: Partial<JobContext['service']> = { openCircuitMs: () => 0, waitEstimateMs: () => 20_000 };
  const service = Object.assign(Object.create(pool.service) as JobContext['service'], busy);
  const woken: number[] = [];
  const waiter = { ...context, service, wakeIn: (ms: number) => void woken.push(ms) };
  await planStreams(waiter, ['earnings']);
  const mine = accountOf(jobsOf('earnings')[0]!);
  const before = pool.simulator.requests.count();
  expect(await work('earnings', waiter)).toBe('waits for the pool');
  expect(pool.simulator.requests.count()).toBe(before);
  expect(woken).toEqual([20_000]);
  // Until then no further jobs of the stream are queued.
  jobs = [];
  expect(await planStreams(waiter, ['earnings'])).toBeLessThanOrEqual(20_000);
  expect(jobs.map(accountOf)).not.toContain(mine);
  expect(jobs.length).toBeGreaterThan(0);
});
