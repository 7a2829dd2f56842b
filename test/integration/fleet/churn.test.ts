import type { Puid } from '../../../src/domain/ids';
import type { Simulator } from '../../../src/simulator';
import { createRandom } from '../../../src/simulator/random';
import { createSyncedPool, type SyncedPool } from '../../support/synced-pool';
import { useTestDatabase } from '../../support/test-database';

type Worker = ReturnType<Simulator['world']['addWorker']>;

const WORKERS = 5_000;
/** The pages of the two long lists, and one of the INVALID workers. */
const LEAST_REQUESTS = WORKERS / 100 + 2;

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
      rateLimit: null,
      world: { subAccountsPerAccount: 0, algorithms: ['SHA256d'], days: 1, workerSlotMs: Infinity },
    },
  });
});

test.each([
  [0, 0.05],
  [0.5, 0.05],
  [1, 0.05],
  [2.5, 0.5],
  [10, 0.7],
])(
  'P2 a fleet with %d flips a request, %d down, is stored whole',
  async (churn, downShare) => {
    const random = createRandom(1 + churn * 10 + downShare * 1_000);
    const puid = BigInt(600 + Math.round(churn * 100 + downShare * 10));
    const key = { account: 'main', puid, algo: 'SHA256d' };
    const { world } = pool.simulator;
    world.addSubAccount('main', { puid, pname: `farm-${puid}`, defaultAlgo: 'SHA256d' });
    const workers: Worker[] = [];
    for (let id = 1; id <= WORKERS; id += 1) {
      const status = random() < downShare ? 'INACTIVE' : 'ACTIVE';
      workers.push(
        world.addWorker(key, {
          workerId: BigInt(id),
          workerName: `rig-${String(id).padStart(5, '0')}`,
          realHashRate: '100',
          status,
        }),
      );
    }
    await pool.sync({ streams: ['sub-accounts'] });
    const seenAs = new Map(workers.map((worker) => [worker.workerId, new Set([worker.status])]));
    const stop = pool.simulator.onRequest(({ endpoint }) => {
      if (!endpoint.startsWith('worker/')) return;
      for (let left = churn; left > 0 && random() < left; left -= 1) {
        const worker = workers[Math.floor(random() * WORKERS)]!;
        world.changeWorker(worker, { status: worker.status === 'ACTIVE' ? 'INACTIVE' : 'ACTIVE' });
        seenAs.get(worker.workerId)!.add(worker.status);
      }
    });
    const [summary] = (await pool.sync({ streams: ['workers'], puid: puid as Puid })).filter(
      ({ stream }) => stream === 'workers',
    );
    stop();
    const [result] = summary!.results;
    const stored = await pool.sql<{ id: string; status: string }[]>`
      SELECT s.worker_id::text AS id, s.status FROM pool.workers w JOIN pool.worker_samples s USING (puid, algo, worker_id)
       WHERE puid = ${String(puid)}`;
    const wrong = stored.filter(({ id, status }) => !seenAs.get(BigInt(id))!.has(status));
    expect({ outcome: result!.outcome, reason: result!.reason, stored: stored.length, wrong }).toEqual({
      outcome: 'succeeded',
      reason: null,
      stored: WORKERS,
      wrong: [],
    });
    // The fewest possible requests, half as many again, and a few worker lookups.
    if (churn === 0) expect(result!.totals.requests).toBeLessThanOrEqual(LEAST_REQUESTS + 1);
    else expect(result!.totals.requests).toBeLessThanOrEqual(1.5 * LEAST_REQUESTS + 15);
  },
  60_000,
);
