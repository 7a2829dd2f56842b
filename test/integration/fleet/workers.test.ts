import type { Puid } from '../../../src/domain/ids';
import type { Simulator } from '../../../src/simulator';
import type { RunResult } from '../../../src/sync/runs/run-scope';
import { createSyncedPool, type SyncedPool } from '../../support/synced-pool';
import { useTestDatabase } from '../../support/test-database';

type SimScopeKey = Parameters<Simulator['world']['addWorker']>[0];
type Worker = ReturnType<Simulator['world']['addWorker']>;

let pool: SyncedPool;
let simulator: Simulator;
const database = useTestDatabase();
database.beforeDrop(() => pool.close());

beforeAll(async () => {
  pool = await createSyncedPool({
    databaseUrl: database.url,
    env: { WORKER_DETAILS_SHARE: '0' },
    simulator: {
      seed: 7,
      startAt: Date.UTC(2026, 10, 22, 8),
      world: { subAccountsPerAccount: 0, algorithms: ['SHA256d'], days: 1, workerSlotMs: Infinity },
    },
  });
  simulator = pool.simulator;
});

let puid = 500n;

/** Adds a sub-account with this many active machines. */
async function farm(size: number): Promise<{ key: SimScopeKey; workers: Worker[] }> {
  puid += 1n;
  const key = { account: 'main', puid, algo: 'SHA256d' };
  simulator.world.addSubAccount('main', { puid, pname: `farm-${puid}`, defaultAlgo: 'SHA256d' });
  const workers = Array.from({ length: size }, (_, index) =>
    simulator.world.addWorker(key, {
      workerId: BigInt(index + 1),
      workerName: `rig-${String(index + 1).padStart(4, '0')}`,
      realHashRate: String(100 + index),
      lastShareAtMs: 1_790_000_000_000,
    }),
  );
  await pool.sync({ streams: ['sub-accounts'] });
  return { key, workers };
}

async function snapshot(key: SimScopeKey): Promise<RunResult> {
  const [summary] = (await pool.sync({ streams: ['workers'], puid: key.puid as Puid })).filter(
    ({ stream }) => stream === 'workers',
  );
  const [result] = summary!.results;
  return result!;
}

async function snapshots(
  key: SimScopeKey,
): Promise<{ completed: boolean; active: number; inactive: number }[]> {
  return pool.sql`SELECT completed_at IS NOT NULL AS completed, active_workers AS active, inactive_workers AS inactive
                    FROM pool.worker_snapshots WHERE puid = ${String(key.puid)} ORDER BY snapshot_id`;
}

async function stored(key: SimScopeKey): Promise<Record<string, unknown>[]> {
  return pool.sql`
    SELECT w.worker_id::int AS id, worker_name AS name, status, trim_scale(real_hash_rate_hps)::text AS hps,
           removed_at IS NOT NULL AS removed
      FROM pool.workers w WHERE puid = ${String(key.puid)} ORDER BY w.worker_id`;
}

async function sampleCounts(key: SimScopeKey): Promise<Map<number, number>> {
  const rows = await pool.sql<{ id: number; samples: number }[]>`
    SELECT worker_id::int AS id, count(*)::int AS samples FROM pool.worker_samples
     WHERE puid = ${String(key.puid)} GROUP BY worker_id`;
  return new Map(rows.map(({ id, samples }) => [id, samples]));
}

function truth(key: SimScopeKey): Record<string, unknown>[] {
  return simulator.world
    .workers(key)
    .map((worker) => ({
      id: Number(worker.workerId),
      name: worker.workerName,
      status: worker.status,
      hps: worker.realHashRate,
      removed: false,
    }))
    .sort((a, b) => a.id - b.id);
}

function requestsSince(mark: number): string[] {
  return simulator.requests.entries
    .slice(mark)
    .map(
      ({ endpoint, params }) =>
        `${endpoint} ${params['status'] ?? params['workerId'] ?? ''} ${params['currentPage'] ?? ''}`,
    );
}

test('P2 a snapshot stores every worker with its status', async () => {
  const { key, workers } = await farm(230);
  for (const worker of workers.slice(0, 40)) simulator.world.changeWorker(worker, { status: 'INACTIVE' });
  for (const worker of workers.slice(40, 45)) simulator.world.changeWorker(worker, { status: 'INVALID' });
  const mark = simulator.requests.entries.length;
  expect(await snapshot(key)).toMatchObject({
    outcome: 'succeeded',
    totals: { inserted: 230, rowsRead: 230, requests: 5 },
  });
  expect(requestsSince(mark).slice(-5)).toEqual([
    'worker/query ACTIVE 1',
    'worker/query ACTIVE 2',
    'worker/query INACTIVE 1',
    'worker/query INVALID 1',
    'worker/query TOTAL 1',
  ]);
  expect(await stored(key)).toEqual(truth(key));
  expect(await snapshots(key)).toEqual([{ completed: true, active: 185, inactive: 40 }]);
});

test('P3 an unchanged snapshot writes samples of active ones only', async () => {
  const { key, workers } = await farm(20);
  simulator.world.changeWorker(workers[0]!, { status: 'INACTIVE', realHashRate: '0' });
  await snapshot(key);
  const versions =
    await pool.sql`SELECT worker_id, xmin::text FROM pool.workers WHERE puid = ${String(key.puid)} ORDER BY 1`;
  expect(await snapshot(key)).toMatchObject({
    outcome: 'succeeded',
    totals: { inserted: 0, changed: 0, unchanged: 20 },
  });
  expect(
    await pool.sql`SELECT worker_id, xmin::text FROM pool.workers WHERE puid = ${String(key.puid)} ORDER BY 1`,
  ).toEqual(versions);
  const samples = await sampleCounts(key);
  expect([samples.get(1), samples.get(2)]).toEqual([1, 2]);
  simulator.world.changeWorker(workers[0]!, { rejectRate: '0.5' });
  await snapshot(key);
  expect((await sampleCounts(key)).get(1)).toBe(2);
});

test('a worker that stays inactive counts as down each time', async () => {
  const { key, workers } = await farm(2);
  await snapshot(key);
  simulator.world.changeWorker(workers[0]!, { status: 'INACTIVE', realHashRate: '0' });
  for (let n = 0; n < 3; n += 1) await snapshot(key);
  expect(
    await pool.sql`SELECT worker_id::int AS id, snapshots, active_samples AS active, trim_scale(avg_real_hash_rate_hps)::text AS avg
                     FROM pool.worker_daily WHERE puid = ${String(key.puid)} ORDER BY worker_id`,
  ).toEqual([
    { id: 1, snapshots: 4, active: 1, avg: '100' },
    { id: 2, snapshots: 4, active: 4, avg: '101' },
  ]);
  expect(
    await pool.sql`SELECT snapshots, listed_samples::int, active_samples::int, trim_scale(avg_real_hash_rate_hps)::text AS avg,
                          trim_scale(min_real_hash_rate_hps)::text AS min, trim_scale(max_real_hash_rate_hps)::text AS max
                     FROM report.fleet_day_totals WHERE puid = ${String(key.puid)}`,
  ).toEqual([{ snapshots: 4, listed_samples: 8, active_samples: 5, avg: '126', min: '101', max: '201' }]);
});

test('a worker missing from two complete snapshots is removed', async () => {
  const { key, workers } = await farm(3);
  await snapshot(key);
  simulator.world.removeWorker(workers[1]!);
  expect(await snapshot(key)).toMatchObject({ totals: { withdrawn: 0 } });
  expect((await stored(key))[1]).toMatchObject({ id: 2, removed: false });
  expect(await snapshot(key)).toMatchObject({ outcome: 'succeeded', totals: { withdrawn: 1 } });
  expect((await stored(key))[1]).toMatchObject({ id: 2, removed: true });
  simulator.world.addWorker(key, { workerId: 2n, workerName: 'renamed', realHashRate: '7' });
  await snapshot(key);
  expect((await stored(key))[1]).toMatchObject({ id: 2, name: 'renamed', removed: false, hps: '7' });
});

test('a worker missing from only one snapshot is not removed', async () => {
  const { key, workers } = await farm(3);
  await snapshot(key);
  for (let n = 0; n < 3; n += 1) {
    simulator.world.removeWorker(workers[1]!);
    await snapshot(key);
    workers[1] = simulator.world.addWorker(key, { workerId: 2n, workerName: 'rig-0002' });
    await snapshot(key);
    expect((await stored(key))[1]).toMatchObject({ id: 2, removed: false });
  }
});

test('no workers cost three requests at first, then one', async () => {
  const { key } = await farm(0);
  expect((await snapshot(key)).totals.requests).toBe(3);
  expect((await snapshot(key)).totals.requests).toBe(1);
  simulator.world.addWorker(key, { workerId: 9n, workerName: 'first' });
  await snapshot(key);
  expect(await stored(key)).toEqual(truth(key));
});

test('workers that shift between pages are not missed', async () => {
  const { key, workers } = await farm(350);
  await snapshot(key);
  let page = 0;
  const stop = simulator.afterResponse(({ params }) => {
    if (params['status'] !== 'ACTIVE') return;
    page += 1;
    if (page <= 2) for (const worker of workers.splice(0, 3)) simulator.world.removeWorker(worker);
  });
  const result = await snapshot(key);
  stop();
  expect(result).toMatchObject({ outcome: 'succeeded' });
  const samples = await sampleCounts(key);
  expect(workers.filter(({ workerId }) => samples.get(Number(workerId)) !== 2)).toEqual([]);
});

test('a worker that moves between lists is queried by its id', async () => {
  const { key, workers } = await farm(4);
  simulator.world.changeWorker(workers[0]!, { status: 'INACTIVE' });
  await snapshot(key);
  const stop = simulator.afterResponse(({ params }) => {
    if (params['status'] !== 'ACTIVE') return;
    simulator.world.changeWorker(workers[1]!, { status: 'INACTIVE' });
    simulator.world.changeWorker(workers[0]!, { status: 'ACTIVE' });
  });
  const mark = simulator.requests.entries.length;
  expect(await snapshot(key)).toMatchObject({ outcome: 'succeeded' });
  stop();
  expect(requestsSince(mark).filter((request) => request.startsWith('worker/get'))).toEqual([
    'worker/get 2 1',
  ]);
  await snapshot(key);
  expect(await stored(key)).toEqual(truth(key));
  const back = simulator.afterResponse(({ params }) => {
    if (params['status'] !== 'INACTIVE') return;
    simulator.world.changeWorker(workers[0]!, { status: 'INVALID' });
    simulator.world.changeWorker(workers[2]!, { status: 'ACTIVE' });
  });
  simulator.world.changeWorker(workers[2]!, { status: 'INVALID' });
  await snapshot(key);
  back();
  await snapshot(key);
  expect(await stored(key)).toEqual(truth(key));
});

test('an active worker in no list is queried by id, and stays', async () => {
  const { key, workers } = await farm(3);
  await snapshot(key);
  const stop = simulator.onRequest(({ params }) => {
    simulator.world.changeWorker(workers[2]!, {
      status: params['status'] === 'ACTIVE' ? 'INVALID' : 'ACTIVE',
    });
  });
  expect(await snapshot(key)).toMatchObject({ outcome: 'succeeded' });
  stop();
  expect((await sampleCounts(key)).get(3)).toBe(2);
});

test('a snapshot that breaks off stores nothing', async () => {
  const { key } = await farm(250);
  simulator.faults.when(({ endpoint, params }) =>
    endpoint === 'worker/query' && params['currentPage'] === '3'
      ? { kind: 'code', code: '400100' }
      : undefined,
  );
  expect(await snapshot(key)).toMatchObject({ outcome: 'failed', error: { code: 'pool.parameter' } });
  simulator.faults.clear();
  expect(await snapshots(key)).toEqual([{ completed: false, active: 0, inactive: 0 }]);
  expect((await sampleCounts(key)).size).toBe(0);
  expect(await pool.sql`SELECT FROM pool.worker_hourly WHERE puid = ${String(key.puid)}`).toHaveLength(0);
  expect(await pool.sql`SELECT FROM sync.staged_workers`).toHaveLength(0);
  expect(await snapshot(key)).toMatchObject({ outcome: 'succeeded' });
  expect((await sampleCounts(key)).size).toBe(250);
});

test('P11 lists that contradict themselves complete no snapshot', async () => {
  const { key } = await farm(120);
  simulator.quirks.totalNum = 2;
  const result = await snapshot(key);
  simulator.quirks.totalNum = 'true';
  expect(result).toMatchObject({ outcome: 'partial', totals: { inserted: 120 } });
  expect(result.reason).toContain('the pool counts 122 workers and serves 120');
  expect(await snapshots(key)).toMatchObject([{ completed: false }]);
  expect((await sampleCounts(key)).size).toBe(0);
});

test.each([
  ['serves fewer rows a page than asked', { pageSizeCap: 30 }, { pageSizeCap: null }],
  [
    'says so of no page',
    { pageSizeCap: 30, pageSizeAdmitted: false },
    { pageSizeCap: null, pageSizeAdmitted: true },
  ],
  [
    'writes every number in another way',
    { ids: 'mixed', hashRates: 'string', pageFields: 'string', times: 'string' },
    { ids: 'number', hashRates: 'number', pageFields: 'number', times: 'number' },
  ],
] as const)('P2 a pool that %s is read completely', async (_, quirks, usual) => {
  const { key } = await farm(155);
  Object.assign(simulator.quirks, quirks);
  const result = await snapshot(key);
  Object.assign(simulator.quirks, usual);
  expect(result).toMatchObject({ outcome: 'succeeded' });
  expect(await stored(key)).toEqual(truth(key));
});

test('P8 an unreadable worker is quarantined, none is removed', async () => {
  const { key, workers } = await farm(4);
  await snapshot(key);
  simulator.world.changeWorker(workers[0]!, {
    raw: '{"workerId":1,"workerName":"rig-0001","realHashRate":"fast","hashUnit":"H"}',
  });
  simulator.world.removeWorker(workers[3]!);
  for (let n = 0; n < 3; n += 1) {
    expect(await snapshot(key)).toMatchObject({ outcome: 'partial', totals: { quarantined: 1 } });
  }
  expect((await stored(key)).map(({ removed }) => removed)).toEqual([false, false, false, true]);
  simulator.world.changeWorker(workers[0]!, { raw: '{"workerName":"nobody"}' });
  simulator.world.removeWorker(workers[2]!);
  for (let n = 0; n < 3; n += 1) await snapshot(key);
  expect((await stored(key)).map(({ removed }) => removed)).toEqual([false, false, false, true]);
  simulator.world.changeWorker(workers[0]!, { raw: null });
  for (let n = 0; n < 2; n += 1) expect(await snapshot(key)).toMatchObject({ outcome: 'succeeded' });
  expect((await stored(key)).map(({ removed }) => removed)).toEqual([false, false, true, true]);
});

test('any name is kept: empty, huge, of any script, or SQL', async () => {
  const { key, workers } = await farm(6);
  const names = [
    '',
    'x'.repeat(20_000),
    '矿机-🚜-ñ',
    `'); DROP TABLE pool.workers; --`,
    ' ',
    '{"a":1}\n\t\\',
  ];
  workers.forEach((worker, index) => simulator.world.changeWorker(worker, { workerName: names[index]! }));
  expect(await snapshot(key)).toMatchObject({ outcome: 'succeeded' });
  expect((await stored(key)).map(({ name }) => name)).toEqual(names);
});

test('P11 workers that are in no list are reported once a day', async () => {
  const { key, workers } = await farm(3);
  simulator.world.changeWorker(workers[1]!, { status: 'ON_HOLIDAY' });
  const result = await snapshot(key);
  expect(result).toMatchObject({ outcome: 'partial' });
  expect(result.reason).toBe('the pool counts 3 workers in all, and its lists by status hold 2');
  expect(await snapshot(key)).toMatchObject({ outcome: 'succeeded', totals: { requests: 3 } });
});
