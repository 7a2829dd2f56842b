/** What if a sub-account is removed from the pool? */
import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import type { Puid } from '../../../src/domain/ids';
import { createSyncedPool, type SyncedPool } from '../../support/synced-pool';
import { createTestDatabase, type TestDatabase } from '../../support/test-database';

let database: TestDatabase;
let pool: SyncedPool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = await createSyncedPool({
    databaseUrl: database.url,
    env: { HISTORY_START: '2026-10-01' },
    simulator: {
      seed: 11,
      startAt: Date.UTC(2026, 9, 20),
      world: {
        accounts: 1,
        subAccountsPerAccount: 1,
        days: 3,
        workersPerSubAccount: 1,
        algorithms: ['SHA256d'],
        workerSlotMs: Infinity,
      },
    },
  });
});
afterAll(async () => {
  await pool.close();
  await database.drop();
});

let puid = 900n;

/** A sub-account with pending income and a worker, read once and then removed. */
async function soldFarm(): Promise<bigint> {
  puid += 1n;
  const { world } = pool.simulator;
  const key = { account: 'main', puid, algo: 'SHA256d' };
  world.addSubAccount('main', { puid, pname: `farm ${puid}`, defaultAlgo: 'SHA256d' });
  const income = {
    currency: 'BTC',
    minedAtMs: world.nowMs - HOUR_MS,
    amount: '0.5',
    status: 'WAIT_SETTLE',
  };
  world.insertEarning(key, income);
  world.insertReward(key, { ...income, type: 'REWARD_EARN' });
  world.addWorker(key, { workerId: puid, workerName: 'rig' });
  await pool.sync();
  world.removeSubAccount('main', puid);
  return puid;
}

test.each(['refused', 'not-found', 'empty'] as const)(
  'P11 a sold sub-account that the pool calls %s fails nowhere',
  async (style) => {
    const gone = await soldFarm();
    pool.simulator.quirks.removedSubAccounts = style;
    // The sub-accounts are not read first: the answer itself has to cause that.
    const [summary] = await pool.sync({ streams: ['earnings'], puid: gone as Puid });
    expect(summary!.results).toMatchObject([{ outcome: 'succeeded', isUnlisted: true }]);
    for (const verifyBeforeMs of [null, Infinity]) {
      const results = (await pool.sync({}, { verifyBeforeMs, span: null })).flatMap(
        ({ results: all }) => all,
      );
      expect(results.filter(({ outcome }) => outcome !== 'succeeded')).toEqual([]);
    }
    expect(await pool.sql`SELECT stream FROM report.data_freshness WHERE state <> 'fresh'`).toHaveLength(0);
    const runs = await pool.sql`
      SELECT DISTINCT stream FROM sync.runs
       WHERE puid = ${String(gone)} AND error_code = 'unlisted' AND error_message LIKE '%no longer lists%' ORDER BY 1`;
    expect(runs.map(({ stream }) => stream as string)).toEqual(['earnings', 'rewards']);
    const kept =
      await pool.sql`SELECT FROM pool.earnings WHERE puid = ${String(gone)} AND withdrawn_at IS NULL`;
    expect(kept).toHaveLength(1);
  },
);

test('the failures of a sub-account go with it', async () => {
  pool.simulator.quirks.removedSubAccounts = 'queryable';
  const gone = await soldFarm();
  await pool.sql`UPDATE sync.cursors SET consecutive_failures = 7 WHERE puid = ${String(gone)}`;
  await pool.sync({ streams: ['sub-accounts'] });
  const failing = await pool.sql`
    SELECT stream FROM sync.cursors WHERE puid = ${String(gone)} AND consecutive_failures > 0`;
  expect(failing).toEqual([]);
});

test('a refused parameter of a listed sub-account is a failure', async () => {
  const { simulator } = pool;
  const [listed] = simulator.world.subAccounts('main');
  simulator.faults.when(({ endpoint }) =>
    endpoint === 'earn/query' ? { kind: 'code', code: '400100' } : undefined,
  );
  const [summary] = await pool.sync({ streams: ['earnings'], puid: listed!.puid as Puid });
  expect(summary!.results).toMatchObject([{ outcome: 'failed', error: { code: 'pool.parameter' } }]);
});
