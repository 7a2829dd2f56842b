import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { createSimulator, type Simulator } from '../../../src/simulator';
import { STREAMS } from '../../../src/sync/registry';
import { setDatabaseClock } from '../../support/database-clock';
import { eventually } from '../../support/eventually';
import { clearQueue, onBothBackends, type BackendUnderTest } from '../../support/jobs/both-backends';
import { allEvery, serviceEnv, ServiceProcess } from '../../support/jobs/service-process';
import { createTestDatabase, type TestDatabase } from '../../support/test-database';
import { runDirectory } from '../../support/test-run';

const YEAR_MS = 8_766 * HOUR_MS;
/** From the correction of a clock to the next request (P12). */
const BACK_MS = 40_000;
const ENDPOINTS = STREAMS.all.map(({ endpoint }) => endpoint);
/** The start of a process from its sources, on a new database. */
const START_MS = 120_000;
jest.setTimeout(300_000);

/** A pool, a database, and a service whose wall clock is set at will: one of each a test, since they run side by side. */
class ClockLab {
  private readonly clockFile = join(mkdtempSync(join(runDirectory(), 'clock-')), 'shift');
  service!: ServiceProcess;

  private constructor(
    readonly backend: BackendUnderTest,
    readonly database: TestDatabase,
    readonly sql: postgres.Sql,
    readonly simulator: Simulator,
  ) {}

  /** Opens a lab for the duration of `work`. */
  static async use(backend: BackendUnderTest, work: (lab: ClockLab) => Promise<void>): Promise<void> {
    const database = await createTestDatabase();
    const sql = postgres(database.url, { max: 1, onnotice: () => undefined });
    const simulator = await createSimulator({
      seed: 20_261_127,
      startAt: Date.UTC(2026, 9, 20, 9, 30),
      rateLimit: null,
      world: { subAccountsPerAccount: 1, days: 20, algorithms: ['SHA256d'], workersPerSubAccount: 2 },
    });
    const lab = new ClockLab(backend, database, sql, simulator);
    try {
      await work(lab);
    } finally {
      await lab.service.end('SIGKILL');
      await clearQueue(database.url, backend.redisUrl());
      await sql.end();
      await database.drop();
      await simulator.close();
    }
  }

  start(aheadMs: number): void {
    writeFileSync(this.clockFile, String(aheadMs));
    this.service = new ServiceProcess(
      ['--role', 'run'],
      {
        ...serviceEnv(this.simulator, this.database.url),
        ...this.backend.env(),
        ...allEvery('2 s'),
        KUCOIN_POOL_REQUESTS_PER_SECOND: '50',
      },
      { clockFile: this.clockFile },
    );
  }

  /** Sets the error of the wall clock of the running process, ms. */
  setClock(aheadMs: number): void {
    writeFileSync(this.clockFile, String(aheadMs));
    this.service.kill('SIGUSR2');
  }

  /** Waits until every stream was queried again. */
  async expectAllAsked(what: string, withinMs = BACK_MS): Promise<void> {
    const { requests } = this.simulator;
    const from = requests.entries.length;
    const missing = new Set<string>(ENDPOINTS);
    await eventually(`every stream is asked for ${what}`, withinMs, () => {
      for (const { code, endpoint } of requests.entries.slice(from)) {
        if (code !== '400002') missing.delete(endpoint);
      }
      return Promise.resolve(missing.size === 0 || null);
    }).catch((error: unknown) => {
      throw new Error(`${String(error)} Not: ${[...missing].join(', ')}.`);
    });
  }
}

onBothBackends('a clock that is set', (backend) => {
  test.concurrent('P12 the host’s clock may be set to any year', () =>
    ClockLab.use(backend, async (lab) => {
      lab.start(2 * HOUR_MS);
      await lab.expectAllAsked('at first', START_MS);
      for (const [what, aheadMs] of [
        ['two hours back', 0],
        ['a year ahead', YEAR_MS],
        ['a year back', 0],
        ['a year behind', -YEAR_MS],
      ] as const) {
        lab.setClock(aheadMs);
        await lab.expectAllAsked(`after the clock went ${what}`);
      }
    }),
  );

  test.concurrent('P12 a job of a process killed in the future is retried', () =>
    ClockLab.use(backend, async (lab) => {
      const { faults, requests } = lab.simulator;
      const unhang = faults.when(({ endpoint }) =>
        endpoint === 'earn/query' ? { kind: 'hang' } : undefined,
      );
      const hanging = requests.next(({ endpoint }) => endpoint === 'earn/query');
      lab.start(2 * HOUR_MS);
      await hanging;
      await lab.service.end('SIGKILL');
      unhang();
      lab.start(0);
      await lab.service.untilRunning();
      await lab.expectAllAsked('after the restart');
    }),
  );

  // The database's clock does not depend on the queue.
  if (backend.kind === 'redis') return;
  test.concurrent('P12 the database’s clock may be set to any year', () =>
    ClockLab.use(backend, async (lab) => {
      const now = Date.now();
      await setDatabaseClock(lab.sql, now + YEAR_MS);
      lab.start(0);
      await lab.expectAllAsked('at first', START_MS);
      // A step back costs one lease, however large it is.
      for (const [what, atMs] of [
        ['a year back', now],
        ['two hours ahead', now + 2 * HOUR_MS],
      ] as const) {
        await setDatabaseClock(lab.sql, atMs);
        await lab.expectAllAsked(`after the clock went ${what}`);
      }
    }),
  );
});
