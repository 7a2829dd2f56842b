import type { Puid } from '../../../src/domain/ids';
import { createSyncedPool, type SyncedPool } from '../../support/synced-pool';
import { createTestDatabase, type TestDatabase } from '../../support/test-database';

let database: TestDatabase;
let pool: SyncedPool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = await createSyncedPool({
    databaseUrl: database.url,
    simulator: {
      seed: 8,
      startAt: Date.UTC(2026, 9, 20),
      world: {
        accounts: 1,
        subAccountsPerAccount: 1,
        days: 20,
        workersPerSubAccount: 1,
        algorithms: ['SHA256d'],
      },
    },
  });
});
afterAll(async () => {
  await pool.close();
  await database.drop();
});

test.each([
  ['sub-account 999', { puid: 999n as Puid }],
  ['algorithm Nope', { algo: 'Nope' }],
  [
    'sub-account 999 with algorithm Nope',
    { puid: 999n as Puid, algo: 'Nope', streams: ['earnings'] as const },
  ],
])('P11 a sync of what no account has (%s) is refused', async (what, selection) => {
  const { puid } = pool.simulator.world.scopes()[0]!;
  await expect(pool.sync(selection)).rejects.toMatchObject({
    code: 'usage.invalid',
    message: `There is no ${what}.`,
    hint: `Known sub-accounts: ${puid}; algorithms: SHA256d.`,
  });
});

test('a new sub-account is found and synced once', async () => {
  const { account } = pool.simulator.world.scopes()[0]!;
  pool.simulator.world.addSubAccount(account, { puid: 900n, pname: 'new', defaultAlgo: 'SHA256d' });
  for (let time = 0; time < 2; time++) {
    const summaries = await pool.sync({ puid: 900n as Puid, streams: ['earnings'] });
    expect(summaries.map(({ results }) => results.map(({ outcome }) => outcome))).toEqual([['succeeded']]);
  }
});
