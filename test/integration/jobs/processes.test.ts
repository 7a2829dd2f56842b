import postgres from 'postgres';
import { DAY_MS } from '../../../src/core/day';
import { createSimulator, type Simulator } from '../../../src/simulator';
import { eventually } from '../../support/eventually';
import { clearQueue, onBothBackends, type BackendUnderTest } from '../../support/jobs/both-backends';
import { allEvery, serviceEnv, ServiceProcess } from '../../support/jobs/service-process';
import { differenceOf, storedOf, truthOf } from '../../support/ledger-truth';
import { createTestDatabase, type TestDatabase } from '../../support/test-database';

const START = Date.UTC(2026, 9, 20, 9, 30);
/** From the kill of a process to the retry of its job. */
const TAKE_UP_MS = 10_000;
const STOP_MS = 10_000;
jest.setTimeout(180_000);

/** A pool, a database, and processes that sync the one into the other: of each test's own, since they run side by side. */
class ProcessLab {
  private readonly processes: ServiceProcess[] = [];

  private constructor(
    private readonly backend: BackendUnderTest,
    private readonly database: TestDatabase,
    readonly sql: postgres.Sql,
    readonly simulator: Simulator,
  ) {}

  /** Opens a lab for the duration of `work`. */
  static async use(backend: BackendUnderTest, work: (lab: ProcessLab) => Promise<void>): Promise<void> {
    const database = await createTestDatabase();
    const sql = postgres(database.url, { max: 2, onnotice: () => undefined });
    const simulator = await createSimulator({
      seed: 20_261_122,
      startAt: START,
      world: {
        accounts: 1,
        subAccountsPerAccount: 1,
        days: 20,
        algorithms: ['SHA256d'],
        workersPerSubAccount: 6,
      },
    });
    const lab = new ProcessLab(backend, database, sql, simulator);
    try {
      await work(lab);
    } finally {
      await Promise.all(lab.processes.map((each) => each.end('SIGKILL')));
      await clearQueue(database.url, backend.redisUrl());
      await sql.end();
      await database.drop();
      await simulator.close();
    }
  }

  start(env: Record<string, string> = {}): ServiceProcess {
    const started = new ServiceProcess(['--role', 'run'], {
      ...serviceEnv(this.simulator, this.database.url),
      ...this.backend.env(),
      ...env,
    });
    this.processes.push(started);
    return started;
  }

  async expectTruth(): Promise<void> {
    for (const stream of ['earnings', 'rewards'] as const) {
      const truth = truthOf(this.simulator, stream);
      expect(truth.length).toBeGreaterThan(0);
      await eventually(`${stream} equal the truth`, 60_000, async () =>
        differenceOf(truth, await storedOf(this.sql, stream)).length === 0 ? true : null,
      );
    }
  }

  runsOfEarnings(): Promise<{ outcome: string | null }[]> {
    return this.sql<{ outcome: string | null }[]>`SELECT outcome FROM sync.runs WHERE stream = 'earnings'`;
  }
}

onBothBackends('processes', (backend) => {
  test.concurrent('P7 a killed process’s job is retried within 10 s, twice', () =>
    ProcessLab.use(backend, async (lab) => {
      const { simulator } = lab;
      // Earnings are never answered, until they may be.
      const unhang = simulator.faults.when(({ endpoint }) =>
        endpoint === 'earn/query' ? { kind: 'hang' } : undefined,
      );
      const env = { KUCOIN_POOL_REQUESTS_PER_SECOND: '50', WORKER_DETAILS_SHARE: '0' };
      simulator.rateLimit = null;
      let victim = lab.start(env);
      await eventually('the first run began', 30_000, async () => (await lab.runsOfEarnings())[0] ?? null);
      for (let death = 1; death <= 2; death += 1) {
        const heir = lab.start(env);
        await heir.untilRunning();
        const before = (await lab.runsOfEarnings()).length;
        await victim.end('SIGKILL');
        const diedMs = performance.now();
        await eventually('its job was taken up', TAKE_UP_MS, async () =>
          (await lab.runsOfEarnings()).length > before ? true : null,
        );
        expect(performance.now() - diedMs).toBeLessThan(TAKE_UP_MS);
        victim = heir;
      }
      unhang();
      const last = lab.start(env);
      await last.untilRunning();
      await victim.end('SIGKILL');
      await lab.expectTruth();
    }),
  );

  test.concurrent('SIGTERM in a request ends with 0 and returns the job', () =>
    ProcessLab.use(backend, async (lab) => {
      const { simulator } = lab;
      const unhang = simulator.faults.when(({ endpoint }) =>
        endpoint === 'earn/query' ? { kind: 'hang' } : undefined,
      );
      simulator.rateLimit = null;
      const env = { KUCOIN_POOL_REQUESTS_PER_SECOND: '50' };
      const hanging = simulator.requests.next(({ endpoint }) => endpoint === 'earn/query');
      const first = lab.start(env);
      await hanging;
      const stoppedMs = performance.now();
      expect(await first.end('SIGTERM')).toBe(0);
      expect(performance.now() - stoppedMs).toBeLessThan(STOP_MS);
      const runs = await lab.runsOfEarnings();
      expect(runs).toEqual([{ outcome: 'aborted' }]);
      unhang();
      lab.start(env);
      await lab.expectTruth();
    }),
  );

  test.concurrent('P6 two processes share the pace, also after one is killed', () =>
    ProcessLab.use(backend, async (lab) => {
      const { simulator } = lab;
      const env = allEvery('3 s');
      const first = lab.start(env);
      const second = lab.start(env);
      await Promise.all([first.untilRunning(), second.untilRunning()]);
      for (const each of [first, second]) {
        await each.until(({ msg, stream }) => msg === 'Synced.' && stream !== 'algorithms');
      }
      await first.end('SIGKILL');
      await lab.expectTruth();
      simulator.clock.advance(DAY_MS);
      simulator.world.liveUntil(simulator.clock.now());
      await lab.expectTruth();
      const { apiKey } = simulator.accounts[0]!;
      expect(simulator.rejections()).toBe(0);
      for (const endpoint of new Set(simulator.requests.entries.map((entry) => entry.endpoint))) {
        expect(simulator.requests.maxArrivalsInWindow(endpoint, apiKey, 1_000)).toBeLessThanOrEqual(2);
      }
    }),
  );

  test.concurrent('a process with its queue elsewhere is refused', () =>
    ProcessLab.use(backend, async (lab) => {
      const first = lab.start();
      await first.untilRunning();
      const elsewhere =
        backend.redisUrl() === null ? { REDIS_URL: 'redis://127.0.0.1:1' } : { REDIS_URL: '' };
      const refused = lab.start(elsewhere);
      expect(await refused.exit).toBe(2);
      expect(refused.text).toMatch(/1 running kpool process.*have their jobs in .*\n.*same REDIS_URL/);
      expect(await first.end()).toBe(0);
      const next = lab.start(elsewhere);
      // Nothing listens at that Redis: it came as far as asking it.
      if (backend.redisUrl() === null) {
        expect(await next.exit).toBe(1);
        expect(next.text).toContain('Redis at 127.0.0.1:1 cannot be reached');
      } else {
        await next.untilRunning();
      }
    }),
  );
});
