import { projectFleetDisk } from '../../../src/domain/fleet/fleet-disk';
import { runCliInProcess } from '../../support/cli-in-process';
import { createSyncedPool, type SyncedPool } from '../../support/synced-pool';
import { useTestDatabase } from '../../support/test-database';

let pool: SyncedPool;
const database = useTestDatabase();
database.beforeDrop(() => pool.close());

beforeAll(async () => {
  pool = await createSyncedPool({
    databaseUrl: database.url,
    simulator: {
      seed: 3,
      startAt: Date.UTC(2026, 10, 22, 8),
      world: { subAccountsPerAccount: 0, algorithms: ['SHA256d'], days: 1, workerSlotMs: Infinity },
    },
  });
});

interface DiskFinding {
  readonly name: string;
  readonly isWell: boolean;
  readonly text: string;
  readonly hint: string | null;
  readonly figures: Record<string, number>;
}

async function check(settings: Record<string, string>, line = 'disk'): Promise<DiskFinding> {
  const [account] = pool.simulator.accounts;
  const { stdout } = await runCliInProcess(['check', '--json'], {
    DATABASE_URL: database.url,
    KUCOIN_POOL_BASE_URL: pool.simulator.url,
    KUCOIN_POOL_API_KEY: account!.apiKey,
    KUCOIN_POOL_API_SECRET: account!.apiSecret,
    KUCOIN_POOL_API_PASSPHRASE: account!.apiPassphrase,
    ...settings,
  });
  return (JSON.parse(stdout) as DiskFinding[]).find(({ name }) => name === line)!;
}

test('kpool check says how large the fleet’s history will get', async () => {
  expect(await check({})).toMatchObject({
    isWell: true,
    text: expect.stringContaining('no workers') as string,
  });
  const key = { account: 'main', puid: 900n, algo: 'SHA256d' };
  pool.simulator.world.addSubAccount('main', { puid: 900n, pname: 'farm', defaultAlgo: 'SHA256d' });
  for (let id = 1n; id <= 30n; id += 1n)
    pool.simulator.world.addWorker(key, {
      workerId: id,
      workerName: 'w',
      status: id > 20n ? 'INACTIVE' : 'ACTIVE',
    });
  await pool.sync({ streams: ['sub-accounts', 'workers'] });
  const usual = await check({});
  expect(usual.figures).toMatchObject({ workers: 30, activeWorkers: 20 });
  expect(usual.figures['usedBytes']).toBeGreaterThan(0);
  expect(usual).toMatchObject({ isWell: true, hint: null });
  expect(usual.text).toMatch(
    /^the history of 30 workers comes to \d+ MB: 14 days of samples \d+ MB, 180 days of hourly figures \d+ MB, the first year of daily figures \d+ MB, and \d+ MB more with every further year \(now \d+ MB\)$/,
  );
  await pool.sql`
    INSERT INTO pool.workers (puid, algo, worker_id, worker_name, status)
    SELECT 900, 'SHA256d', n, 'w', 'ACTIVE' FROM generate_series(1001, 60000) AS n`;
  const large = await check({ WORKER_DAILY_KEEP_DAYS: '30' });
  expect(large.text).toContain('30 days of daily figures');
  expect(large.text).not.toContain('further year');
  expect(large.hint).toContain('WORKER_HOURLY_KEEP_DAYS');
});

test('kpool check says if the pace is too slow for the interval', async () => {
  const usual = await check({}, 'fleet main');
  expect(usual).toMatchObject({ isWell: true, hint: null });
  expect(usual.text).toMatch(/^a snapshot of 59030 workers takes 593 requests, 297 s of every 600 s$/);
  const often = await check({ WORKERS_EVERY: '5 min' }, 'fleet main');
  expect(often).toMatchObject({ isWell: true, hint: expect.stringContaining('WORKERS_EVERY') as string });
  const tooOften = await check({ WORKERS_EVERY: '4 min' }, 'fleet main');
  expect(tooOften).toMatchObject({
    isWell: false,
    text: expect.stringContaining('not as often as WORKERS_EVERY says') as string,
  });
});

test('twice the workers, days or snapshots take twice the disk', () => {
  const facts = { workers: 1_000, activeWorkers: 900 };
  const keepDays = { workerSamples: 14, workerHourly: 180, workerDaily: null };
  const usual = projectFleetDisk(facts, { snapshotEveryMs: 600_000, keepDays });
  const often = projectFleetDisk(facts, { snapshotEveryMs: 300_000, keepDays });
  expect(often.samplesBytes).toBe(2 * usual.samplesBytes);
  expect(often.hourlyBytes).toBe(usual.hourlyBytes);
  const longer = projectFleetDisk(facts, {
    snapshotEveryMs: 600_000,
    keepDays: { workerSamples: 28, workerHourly: 360, workerDaily: 730 },
  });
  expect(longer.hourlyBytes).toBe(2 * usual.hourlyBytes);
  expect(longer.dailyBytes).toBe(2 * usual.dailyBytes);
  expect([usual.bytesPerYear, longer.bytesPerYear]).toEqual([usual.dailyBytes, 0]);
});
