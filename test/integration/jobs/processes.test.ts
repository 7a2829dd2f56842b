import postgres from 'postgres';
import { DAY_MS } from '../../../src/core/day';
import { createSimulator, type Simulator } from '../../../src/simulator';
import { eventually } from '../../support/eventually';
import { clearQueue, onBothBackends } from '../../support/jobs/both-backends';
import { allEvery, serviceEnv, ServiceProcess } from '../../support/jobs/service-process';
import { differenceOf, storedOf, truthOf } from '../../support/ledger-truth';
import { createTestDatabase, type TestDatabase } from '../../support/test-database';

const START = Date.UTC(2026, 9, 20, 9, 30);
/** Of the take-up of a killed process's job. */
const TAKE_UP_MS = 10_000;
const STOP_MS = 10_000;
jest.setTimeout(180_000);

onBothBackends('processes', (backend) => {
  const processes: ServiceProcess[] = [];
  let simulator: Simulator;
  let sql: postgres.Sql;

  let database: TestDatabase;

  beforeEach(async () => {
    database = await createTestDatabase();
    sql = postgres(database.url, { max: 2, onnotice: () => undefined });
    simulator = await createSimulator({
      seed: 20_261_122,
      startAt: START,
      world: {
        accounts: 1,
        subAccountsPerAccount: 1,
        days: 60,
        algorithms: ['SHA256d'],
        workersPerSubAccount: 6,
      },
    });
  });
  afterEach(async () => {
    await Promise.all(processes.splice(0).map((each) => each.end('SIGKILL')));
    await clearQueue(database.url, backend.redisUrl());
    await sql.end();
    await database.drop();
    await simulator.close();
  });

  function start(env: Record<string, string> = {}): ServiceProcess {
    const started = new ServiceProcess(['--role', 'run'], {
      ...serviceEnv(simulator, database.url),
      ...backend.env(),
      ...env,
    });
    processes.push(started);
    return started;
  }

  async function expectTruth(): Promise<void> {
    for (const stream of ['earnings', 'rewards'] as const) {
      const truth = truthOf(simulator, stream);
      expect(truth.length).toBeGreaterThan(0);
      await eventually(`${stream} equal the truth`, 60_000, async () =>
        differenceOf(truth, await storedOf(sql, stream)).length === 0 ? true : null,
      );
    }
  }

  const runsOfEarnings = () =>
    sql<{ run_id: string }[]>`SELECT run_id::text FROM sync.runs WHERE stream = 'earnings' ORDER BY run_id`;

  test('P7 a killed process’s job is retried within 10 s, twice', async () => {
    // Earnings are never answered, until they may be.
    const unhang = simulator.faults.when(({ endpoint }) =>
      endpoint === 'earn/query' ? { kind: 'hang' } : undefined,
    );
    const env = { KUCOIN_POOL_REQUESTS_PER_SECOND: '50', WORKER_DETAILS_SHARE: '0' };
    simulator.rateLimit = null;
    let victim = start(env);
    await eventually('the first run began', 30_000, async () => (await runsOfEarnings())[0] ?? null);
    for (let death = 1; death <= 2; death += 1) {
      const heir = start(env);
      await heir.untilRunning();
      const before = (await runsOfEarnings()).length;
      await victim.end('SIGKILL');
      const diedMs = performance.now();
      await eventually('its job was taken up', TAKE_UP_MS, async () =>
        (await runsOfEarnings()).length > before ? true : null,
      );
      expect(performance.now() - diedMs).toBeLessThan(TAKE_UP_MS);
      victim = heir;
    }
    unhang();
    const last = start(env);
    await last.untilRunning();
    await victim.end('SIGKILL');
    await expectTruth();
  });

  test('SIGTERM in a request ends with 0 and returns the job', async () => {
    const unhang = simulator.faults.when(({ endpoint }) =>
      endpoint === 'earn/query' ? { kind: 'hang' } : undefined,
    );
    simulator.rateLimit = null;
    const env = { KUCOIN_POOL_REQUESTS_PER_SECOND: '50' };
    const hanging = simulator.requests.next(({ endpoint }) => endpoint === 'earn/query');
    const first = start(env);
    await hanging;
    const stoppedMs = performance.now();
    expect(await first.end('SIGTERM')).toBe(0);
    expect(performance.now() - stoppedMs).toBeLessThan(STOP_MS);
    const runs = await sql<
      { outcome: string | null }[]
    >`SELECT outcome FROM sync.runs WHERE stream = 'earnings'`;
    expect(runs).toEqual([{ outcome: 'aborted' }]);
    unhang();
    start(env);
    await expectTruth();
  });

  test('P6 two processes share the pace, also after one is killed', async () => {
    const env = allEvery('3 s');
    const first = start(env);
    const second = start(env);
    await Promise.all([first.untilRunning(), second.untilRunning()]);
    for (const each of [first, second]) {
      await each.until(({ msg, stream }) => msg === 'Synced.' && stream !== 'algorithms');
    }
    await first.end('SIGKILL');
    await expectTruth();
    simulator.clock.advance(DAY_MS);
    simulator.world.liveUntil(simulator.clock.now());
    await expectTruth();
    const { apiKey } = simulator.accounts[0]!;
    expect(simulator.rejections()).toBe(0);
    for (const endpoint of new Set(simulator.requests.entries.map((entry) => entry.endpoint))) {
      expect(simulator.requests.maxArrivalsInWindow(endpoint, apiKey, 1_000)).toBeLessThanOrEqual(2);
    }
  });

  test('a process with its queue elsewhere is refused', async () => {
    const first = start();
    await first.untilRunning();
    const elsewhere = backend.redisUrl() === null ? { REDIS_URL: 'redis://127.0.0.1:1' } : { REDIS_URL: '' };
    const refused = start(elsewhere);
    expect(await refused.exit).toBe(2);
    expect(refused.text).toMatch(/1 running kpool process.*have their jobs in .*\n.*same REDIS_URL/);
    expect(await first.end()).toBe(0);
    const next = start(elsewhere);
    // Nothing listens at that Redis: it came as far as asking it.
    if (backend.redisUrl() === null) {
      expect(await next.exit).toBe(1);
      expect(next.text).toContain('Redis at 127.0.0.1:1 cannot be reached');
    } else {
      await next.untilRunning();
    }
  });
});
