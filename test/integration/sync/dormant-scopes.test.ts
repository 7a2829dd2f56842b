import type { Stream } from '../../../src/domain/streams';
import { createSyncedPool, type SyncedPool } from '../../support/synced-pool';
import { useTestDatabase } from '../../support/test-database';

let pool: SyncedPool;
const database = useTestDatabase();
database.beforeDrop(() => pool.close());
beforeAll(async () => {
  pool = await createSyncedPool({
    databaseUrl: database.url,
    // Short enough to tell what is visited daily from what is visited each time.
    env: { RECENT_EVERY: '10 s', EARNINGS_EVERY: '10 s' },
    simulator: {
      seed: 1,
      startAt: Date.now(),
      world: { days: 5, subAccountsPerAccount: 1, algorithms: ['SHA256d'], workersPerSubAccount: 2 },
    },
  });
  pool.simulator.world.addAlgorithm(pool.simulator.accounts[0]!.name, 'X11');
  await pool.sync();
});

async function pacesOf(stream: Stream): Promise<Record<string, string>> {
  const [account] = pool.service.accounts;
  const { scopes } = await pool.service.plan(account!, stream);
  return Object.fromEntries(scopes.map(({ scope, pace }) => [scope.algo ?? '', pace]));
}

describe('an algorithm that a sub-account does not mine', () => {
  test.each(['earnings', 'rewards', 'workers'])('is visited once a day for %s', async (stream) => {
    expect(await pacesOf(stream)).toEqual({ SHA256d: 'live', X11: 'dormant' });
  });

  test('stays certified between these visits', async () => {
    await pool.sql`UPDATE sync.windows SET verified_at = verified_at - interval '1 hour'`;
    const spans = await pool.sql`
      SELECT algo, state FROM report.completeness WHERE stream = 'earnings' ORDER BY algo`;
    expect([...spans]).toEqual([
      { algo: 'SHA256d', state: 'stale' },
      { algo: 'X11', state: 'certified' },
    ]);
  });
});
