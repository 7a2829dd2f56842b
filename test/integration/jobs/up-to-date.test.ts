import { startServiceJobs } from '../../../jobs/service-jobs';
import { withSchedulesLock } from '../../../src/store/queue-registration';
import { DAY_MS } from '../../../src/core/day';
import { Secret } from '../../../src/core/secret';
import { createMetrics } from '../../../src/observability/metrics';
import { STREAMS } from '../../../src/sync/registry';
import { eventually } from '../../support/eventually';
import { onBothBackends } from '../../support/jobs/both-backends';
import { createJobContext, createJobPool, openTestBackend } from '../../support/jobs/job-lab';
import { allEvery } from '../../support/jobs/service-process';
import { differenceOf, storedOf, truthOf } from '../../support/ledger-truth';
import { useTestDatabase } from '../../support/test-database';

/** A pool of one scope, so that only the queue takes time. */
const SMALL = { accounts: 1, subAccountsPerAccount: 1, algorithms: ['SHA256d'] };

onBothBackends('jobs', (backendUnderTest) => {
  const database = useTestDatabase();

  test('P2 keep everything up to date while the pool settles', async () => {
    const pool = await createJobPool(database.url, { ...allEvery('1 s'), RECENT_EVERY: '1 s' }, SMALL);
    const backend = await openTestBackend(backendUnderTest, database);
    const queue = backend.openQueue();
    queue.on('error', () => undefined);
    const jobs = await startServiceJobs({
      ...createJobContext(pool, queue),
      backend,
      metrics: createMetrics(),
      exclusively: (work) => withSchedulesLock(new Secret(database.url), work),
      onUnrecoverable: (error) => {
        throw error;
      },
    });
    try {
      for (let day = 0; day <= 2; day += 1) {
        for (const stream of ['earnings', 'rewards'] as const) {
          await eventually(`${stream} are equal on day ${day}`, 60_000, async () =>
            differenceOf(truthOf(pool.simulator, stream), await storedOf(pool.sql, stream)).length === 0
              ? true
              : null,
          );
        }
        pool.simulator.clock.advance(DAY_MS);
      }
      await eventually('every stream was synced', 60_000, async () => {
        const streams = await pool.sql`SELECT DISTINCT stream FROM sync.runs WHERE outcome = 'succeeded'`;
        return streams.length === STREAMS.all.length ? true : null;
      });
      expect(await pool.sql`SELECT FROM sync.runs WHERE outcome IN ('failed', 'partial')`).toHaveLength(0);
    } finally {
      await jobs.stop();
      await queue.close();
      await backend.close();
      await pool.close();
    }
  });
});
