import type { Simulator } from '../../../src/simulator';
import { createSyncedPool, type SyncedPool } from '../../support/synced-pool';
import { useTestDatabase } from '../../support/test-database';

type Worker = ReturnType<Simulator['world']['addWorker']>;

let pool: SyncedPool;
const database = useTestDatabase();
database.beforeDrop(() => pool.close());
const key = { account: 'main', puid: 500n, algo: 'SHA256d' };
const PER_RUN = 25;
let workers: Worker[];

beforeAll(async () => {
  pool = await createSyncedPool({
    databaseUrl: database.url,
    config: (config) => ({
      ...config,
      // 50 requests a second × 0.01 × 50 s
      pool: { ...config.pool, workerDetailsShare: 0.01 },
      sync: { ...config.sync, everyMs: { ...config.sync.everyMs, 'worker-details': 2 * PER_RUN * 1_000 } },
    }),
    simulator: {
      seed: 7,
      startAt: Date.UTC(2026, 10, 22, 8),
      world: { subAccountsPerAccount: 0, algorithms: ['SHA256d'], days: 1, workerSlotMs: Infinity },
    },
  });
  const { world } = pool.simulator;
  world.addSubAccount('main', { puid: key.puid, pname: 'farm', defaultAlgo: 'SHA256d' });
  workers = Array.from({ length: 60 }, (_, index) =>
    world.addWorker(key, { workerId: BigInt(index + 1), workerName: `w${index + 1}`, realHashRate: '5' }),
  );
  await pool.sync({ streams: ['workers'] });
});

/** Runs the next part of the round. Returns the workers that it queried, in order. */
async function round(): Promise<number[]> {
  const mark = pool.simulator.requests.entries.length;
  const summaries = await pool.sync({ streams: ['worker-details'] });
  for (const { outcome, reason } of summaries.flatMap(({ results }) => results))
    expect([outcome, reason]).toEqual(['succeeded', null]);
  return pool.simulator.requests.entries.slice(mark).map(({ params }) => Number(params['workerId']));
}

const span = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

test('each run reads its share, the next one goes on from there', async () => {
  expect(await round()).toEqual(span(1, 25));
  expect(await round()).toEqual(span(26, 50));
  expect(await round()).toEqual(span(51, 60));
  expect(await round()).toEqual(span(1, 25));
});

test('details of a worker are stored if they are newer', async () => {
  pool.simulator.world.changeWorker(workers[29]!, {
    status: 'INVALID',
    rejectRate: '1.25',
    workerName: 'thirty',
  });
  await round();
  const [row] =
    await pool.sql`SELECT status, worker_name, trim_scale(reject_rate)::text AS reject_rate FROM pool.workers WHERE worker_id = 30`;
  expect(row).toEqual({ status: 'INVALID', worker_name: 'thirty', reject_rate: '1.25' });
});

test('new workers and those missing from a snapshot come first', async () => {
  const { world } = pool.simulator;
  world.addWorker(key, { workerId: 900n, workerName: 'new' });
  world.removeWorker(workers[2]!);
  await pool.sync({ streams: ['workers'] });
  expect((await round()).slice(0, 4)).toEqual([3, 900, 51, 52]);
});

test('a worker unknown to the pool is removed only by snapshots', async () => {
  await round();
  for (const unknownWorker of ['empty', 'refused', 'null'] as const) {
    pool.simulator.quirks.unknownWorker = unknownWorker;
    await round();
  }
  const [row] = await pool.sql`SELECT removed_at FROM pool.workers WHERE worker_id = 3`;
  expect(row).toEqual({ removed_at: null });
});

test('all sub-accounts together keep to the requests of a run', async () => {
  const { world } = pool.simulator;
  for (let n = 1n; n <= 4n; n += 1n) {
    const farm = { account: 'main', puid: 600n + n, algo: 'SHA256d' };
    world.addSubAccount('main', { puid: farm.puid, pname: `farm-${n}`, defaultAlgo: 'SHA256d' });
    for (let id = 1n; id <= (n === 1n ? 3n : 40n); id += 1n)
      world.addWorker(farm, { workerId: 10_000n * n + id, workerName: `w${id}` });
  }
  await pool.sync({ streams: ['sub-accounts', 'workers'] });
  const asked = await round();
  expect(asked.length).toBeLessThanOrEqual(PER_RUN);
  expect(asked.length).toBeGreaterThan(PER_RUN - 5);
  expect(asked.filter((id) => id > 10_000 && id < 20_000)).toEqual([10_001, 10_002, 10_003]);
});
