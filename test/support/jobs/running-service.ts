import postgres from 'postgres';
import { DAY_MS } from '../../../src/core/day';
import { createSimulator, type Simulator } from '../../../src/simulator';
import { eventually } from '../eventually';
import { differenceOf, storedOf, truthOf } from '../ledger-truth';
import { createTestDatabase, type TestDatabase } from '../test-database';
import { allEvery, serviceEnv, ServiceProcess } from './service-process';

/** Distinguishes the sessions of the test from those of the service. */
const OURS = 'running-service test';
/** The longest time from the return of the queue to the next plan, and from there to a request. */
export const BACK_MS = 40_000;

/** A service that syncs a small pool every two seconds, in a process and a database of each test's own. */
export class RunningService {
  private service: ServiceProcess | undefined;

  private constructor(
    readonly database: TestDatabase,
    readonly sql: postgres.Sql,
    private readonly simulator: Simulator,
  ) {}

  /** For the duration of `work`; ends then what it started. */
  static async use(work: (lab: RunningService) => Promise<void>): Promise<void> {
    const database = await createTestDatabase();
    const sql = postgres(database.url, {
      max: 1,
      onnotice: () => undefined,
      connection: { application_name: OURS },
    });
    const simulator = await createSimulator({
      seed: 20_261_122,
      startAt: Date.UTC(2026, 9, 20, 9, 30),
      rateLimit: null,
      world: {
        accounts: 1,
        subAccountsPerAccount: 1,
        days: 20,
        algorithms: ['SHA256d'],
        workersPerSubAccount: 3,
      },
    });
    const lab = new RunningService(database, sql, simulator);
    try {
      await work(lab);
    } finally {
      await lab.service?.end('SIGKILL');
      await sql.end();
      await database.drop();
      await simulator.close();
    }
  }

  start(env: Record<string, string>): ServiceProcess {
    this.service = new ServiceProcess(['--role', 'run'], {
      ...serviceEnv(this.simulator, this.database.url),
      ...allEvery('2 s'),
      KUCOIN_POOL_REQUESTS_PER_SECOND: '50',
      ...env,
    });
    return this.service;
  }

  /** The pids of the sessions of the test itself. */
  async ownPids(): Promise<number[]> {
    const rows = await this.sql<{ pid: number }[]>`
      SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = ${OURS}`;
    return rows.map(({ pid }) => pid);
  }

  /** Waits until every stream was synced once more. */
  async untilItWorks(what: string): Promise<void> {
    const before = await this.countOfRuns();
    await eventually(what, BACK_MS, async () => ((await this.countOfRuns()) > before + 8 ? true : null));
  }

  /** Lets a day pass, and waits until its income is stored. */
  async expectTruth(): Promise<void> {
    this.simulator.clock.advance(DAY_MS);
    this.simulator.world.liveUntil(this.simulator.clock.now());
    for (const stream of ['earnings', 'rewards'] as const) {
      const truth = truthOf(this.simulator, stream);
      await eventually(`${stream} equal the truth`, BACK_MS, async () =>
        differenceOf(truth, await storedOf(this.sql, stream)).length === 0 ? true : null,
      );
    }
  }

  private async countOfRuns(): Promise<number> {
    const [row] = await this.sql<{ runs: string }[]>`
      SELECT count(*)::text AS runs FROM sync.runs WHERE outcome = 'succeeded'`;
    return Number(row!.runs);
  }
}

/** From its last log line to its end, ms; anything left open would keep the process for 2 s. */
const LEAVE_MS = 1_800;

/** Stops the service; resolves with its exit code once it is gone, which it has to be soon after its last word. */
export async function stopSwiftly(running: ServiceProcess): Promise<number | null> {
  const saidAtMs = running.until(({ msg }) => msg === 'Stopped.').then(() => performance.now());
  const code = await running.end('SIGTERM');
  expect(performance.now() - (await saidAtMs)).toBeLessThan(LEAVE_MS);
  return code;
}
