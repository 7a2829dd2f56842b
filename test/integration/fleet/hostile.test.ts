import type { Puid } from '../../../src/domain/ids';
import type { Simulator } from '../../../src/simulator';
import type { RunResult } from '../../../src/sync/runs/run-scope';
import { createSyncedPool, type SyncedPool } from '../../support/synced-pool';
import { useTestDatabase } from '../../support/test-database';

type SimScopeKey = Parameters<Simulator['world']['addWorker']>[0];

let pool: SyncedPool;
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
});

let puid = 700n;

/** Adds a sub-account with one ordinary machine, and others whose JSON is given. */
async function farm(raws: readonly string[], pname = 'farm'): Promise<SimScopeKey> {
  puid += 1n;
  const key = { account: 'main', puid, algo: 'SHA256d' };
  pool.simulator.world.addSubAccount('main', { puid, pname, defaultAlgo: 'SHA256d' });
  pool.simulator.world.addWorker(key, { workerId: 1n, workerName: 'usual', realHashRate: '100' });
  raws.forEach((raw, index) => {
    const worker = pool.simulator.world.addWorker(key, {
      workerId: BigInt(index + 2),
      workerName: `w${index}`,
    });
    pool.simulator.world.changeWorker(worker, { raw });
  });
  await pool.sync({ streams: ['sub-accounts'] });
  return key;
}

async function snapshot(key: SimScopeKey): Promise<RunResult> {
  const summaries = await pool.sync({ streams: ['workers'], puid: key.puid as Puid });
  return summaries.find(({ stream }) => stream === 'workers')!.results[0]!;
}

async function stored(key: SimScopeKey): Promise<Record<string, unknown>[]> {
  return pool.sql`
    SELECT worker_id::text AS id, worker_name AS name, status, trim_scale(real_hash_rate_hps)::text AS hps,
           trim_scale(reject_rate)::text AS reject, (extract(epoch FROM last_share_at) * 1000)::bigint::text AS share, extra::text
      FROM pool.workers WHERE puid = ${String(key.puid)} AND worker_id > 1 ORDER BY worker_id`;
}

async function samples(key: SimScopeKey): Promise<number> {
  const [row] =
    await pool.sql`SELECT count(*)::int AS n FROM pool.worker_samples WHERE puid = ${String(key.puid)}`;
  return Number(row!['n']);
}

const NOTHING = { name: '', status: 'ACTIVE', hps: null, reject: null, share: null, extra: null };

test.each<[string, string, Record<string, unknown>]>([
  ['has an id and nothing else', '{"workerId":2}', {}],
  [
    'has null in every field',
    '{"workerId":2,"workerName":null,"realHashRate":null,"hourHashRate":null,"dayHashRate":null,"hashUnit":null,"rejectRate":null,"lastShareTime":null,"status":null}',
    {},
  ],
  [
    'has an empty text in every field',
    '{"workerId":"2","workerName":"","realHashRate":"","hourHashRate":"","dayHashRate":"","hashUnit":"","rejectRate":"","lastShareTime":"","status":""}',
    {},
  ],
  ['has the largest id', '{"workerId":9223372036854775807}', { id: '9223372036854775807' }],
  [
    'writes its rate with an exponent',
    '{"workerId":2,"realHashRate":1.5E+14,"hashUnit":"H"}',
    { hps: '150000000000000' },
  ],
  [
    'writes its rate in a text and in TH',
    '{"workerId":2,"realHashRate":"150.25","hashUnit":"TH/s"}',
    { hps: '150250000000000' },
  ],
  [
    'has a unit nobody knows',
    '{"workerId":2,"realHashRate":7,"hashUnit":"Sol"}',
    { extra: '{"realHashRate": 7}' },
  ],
  ['never sent a share', '{"workerId":2,"lastShareTime":0}', {}],
  ['sent a share in seconds', '{"workerId":2,"lastShareTime":1790000000}', { share: '1790000000000' }],
  [
    'sends shares from the far future',
    '{"workerId":2,"lastShareTime":8640000000000000}',
    { extra: '{"lastShareTime": 8640000000000000}' },
  ],
  [
    'has the share time of the specification',
    '{"workerId":2,"lastShareTime":"10000000"}',
    { extra: '{"lastShareTime": 10000000}' },
  ],
  [
    'sent a share at half a millisecond',
    '{"workerId":2,"lastShareTime":1.5}',
    { extra: '{"lastShareTime": 1.5}' },
  ],
  ['sent a share before 1970', '{"workerId":2,"lastShareTime":-1}', { extra: '{"lastShareTime": -1}' }],
  [
    'has U+0000 in its name',
    '{"workerId":2,"workerName":"a\\u0000b"}',
    { name: 'a\uFFFDb', extra: '{"_nul_replaced": ["workerName"]}' },
  ],
  [
    'has half a character in its name',
    '{"workerId":2,"workerName":"\\ud83d"}',
    { name: '\uFFFD', extra: '{"_nul_replaced": ["workerName"]}' },
  ],
  ['has a number for a name', '{"workerId":2,"workerName":1e3}', { name: '1e3' }],
  [
    'has a name of 100 kB',
    `{"workerId":2,"workerName":"${'矿'.repeat(34_000)}"}`,
    { name: '矿'.repeat(34_000) },
  ],
  ['is of another list by its own word', '{"workerId":2,"status":"INVALID"}', {}],
])('P8 a worker that %s is stored beside the others', async (_, raw, expected) => {
  const key = await farm([raw]);
  expect(await snapshot(key)).toMatchObject({ outcome: 'succeeded' });
  expect(await stored(key)).toEqual([{ ...NOTHING, id: '2', ...expected }]);
  expect(await samples(key)).toBe(2);
});

test.each([
  ['has no id', '{"workerName":"x"}'],
  ['has an id beyond 2^63', '{"workerId":9223372036854775808}'],
  ['is null', 'null'],
  ['is a text', '"worker"'],
  ['has a list for a name', '{"workerId":2,"workerName":["a"]}'],
  ['has a word for a rate', '{"workerId":2,"realHashRate":"NaN"}'],
  ['has a rate beyond every measure', '{"workerId":2,"realHashRate":1e5000,"hashUnit":"H"}'],
  ['has a word for its last share', '{"workerId":2,"lastShareTime":"yesterday"}'],
])('P8 a worker that %s is quarantined, the others are stored', async (_, raw) => {
  const key = await farm([raw]);
  expect(await snapshot(key)).toMatchObject({ outcome: 'partial', totals: { inserted: 1, quarantined: 1 } });
  expect(await samples(key)).toBe(1);
});

test('P8 a worker that the pool lists twice is one worker', async () => {
  const key = await farm(['{"workerId":5,"workerName":"first"}', '{"workerId":5,"workerName":"again"}']);
  await snapshot(key);
  expect(await stored(key)).toEqual([{ ...NOTHING, id: '5', name: 'again' }]);
  expect(await samples(key)).toBe(2);
  expect(await snapshot(key)).toMatchObject({ outcome: 'succeeded' });
});

test('P8 a worker in two lists, without a status, is one worker', async () => {
  const key = await farm([]);
  const raw = '{"workerId":9,"workerName":"both"}';
  const { world } = pool.simulator;
  world.changeWorker(world.addWorker(key, { workerId: 9n, workerName: 'a' }), { raw });
  world.changeWorker(world.addWorker(key, { workerId: 8n, workerName: 'b', status: 'INACTIVE' }), { raw });
  await snapshot(key);
  expect(await stored(key)).toMatchObject([{ id: '9', name: 'both', status: 'INACTIVE' }]);
  expect(await samples(key)).toBe(2);
});

test('sub-accounts of one name keep their workers apart', async () => {
  const [one, other] = [await farm(['{"workerId":2}'], 'twin'), await farm([], 'twin')];
  await snapshot(one);
  await snapshot(other);
  expect([(await stored(one)).length, (await stored(other)).length]).toEqual([1, 0]);
});

test('P8 a sub-account that vanishes during a sync stops no other', async () => {
  const gone = await farm([]);
  const other = await farm([]);
  pool.simulator.quirks.removedSubAccounts = 'refused';
  pool.simulator.world.removeSubAccount('main', gone.puid);
  expect(await snapshot(gone)).toMatchObject({ outcome: 'succeeded', isUnlisted: true });
  expect(await snapshot(other)).toMatchObject({ outcome: 'succeeded' });
  pool.simulator.quirks.removedSubAccounts = 'queryable';
});
