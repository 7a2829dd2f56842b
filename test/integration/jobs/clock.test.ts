import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import { createSimulator, type Simulator } from '../../../src/simulator';
import { STREAMS } from '../../../src/sync/registry';
import { setDatabaseClock } from '../../support/database-clock';
import { eventually } from '../../support/eventually';
import { clearQueue, onBothBackends } from '../../support/jobs/both-backends';
import { allEvery, serviceEnv, ServiceProcess } from '../../support/jobs/service-process';
import { createTestDatabase, type TestDatabase } from '../../support/test-database';
import { runDirectory } from '../../support/test-run';

const HOUR_MS = 3_600_000;
const YEAR_MS = 8_766 * HOUR_MS;
/** From the moment at which a clock is put right (P12). */
const BACK_MS = 40_000;
const ENDPOINTS = STREAMS.all.map(({ endpoint }) => endpoint);
/** Of a process from its sources, on a new database. */
const START_MS = 120_000;
jest.setTimeout(300_000);

onBothBackends('a clock is put right', (backend) => {
  let database: TestDatabase;
  let sql: postgres.Sql;
  let simulator: Simulator;
  let service: ServiceProcess;
  const clockFile = join(mkdtempSync(join(runDirectory(), 'clock-')), 'shift');

  beforeEach(async () => {
    database = await createTestDatabase();
    sql = postgres(database.url, { max: 1, onnotice: () => undefined });
    simulator = await createSimulator({
      seed: 20_261_127,
      startAt: Date.UTC(2026, 9, 20, 9, 30),
      rateLimit: null,
      world: { subAccountsPerAccount: 1, days: 20, algorithms: ['SHA256d'], workersPerSubAccount: 2 },
    });
  });
  afterEach(async () => {
    await service.end('SIGKILL');
    await clearQueue(database.url, backend.redisUrl());
    await sql.end();
    await database.drop();
    await simulator.close();
  });

  function start(aheadMs: number): void {
    writeFileSync(clockFile, String(aheadMs));
    service = new ServiceProcess(
      ['--role', 'run'],
      {
        ...serviceEnv(simulator, database.url),
        ...backend.env(),
        ...allEvery('2 s'),
        KUCOIN_POOL_REQUESTS_PER_SECOND: '50',
      },
      { clockFile },
    );
  }

  /** The wall clock of the running process is wrong by so much from now on. */
  function setClock(aheadMs: number): void {
    writeFileSync(clockFile, String(aheadMs));
    service.kill('SIGUSR2');
  }

  /** Every stream is asked for again. */
  async function expectAllAsked(what: string, withinMs = BACK_MS): Promise<void> {
    const from = simulator.requests.entries.length;
    const missing = new Set<string>(ENDPOINTS);
    await eventually(`every stream is asked for ${what}`, withinMs, () => {
      for (const { code, endpoint } of simulator.requests.entries.slice(from)) {
        if (code !== '400002') missing.delete(endpoint);
      }
      return Promise.resolve(missing.size === 0 || null);
    }).catch((error: unknown) => {
      throw new Error(`${String(error)} Not: ${[...missing].join(', ')}.`);
    });
  }

  test('P12 the host’s clock may be set either way, however far', async () => {
    start(2 * HOUR_MS);
    await expectAllAsked('at first', START_MS);
    for (const [what, aheadMs] of [
      ['two hours back', 0],
      ['a year ahead', YEAR_MS],
      ['a year back', 0],
      ['a year behind', -YEAR_MS],
    ] as const) {
      setClock(aheadMs);
      await expectAllAsked(`after the clock went ${what}`);
    }
  });

  test('P12 what a process killed ahead of time held is taken up', async () => {
    const unhang = simulator.faults.when(({ endpoint }) =>
      endpoint === 'earn/query' ? { kind: 'hang' } : undefined,
    );
    const hanging = simulator.requests.next(({ endpoint }) => endpoint === 'earn/query');
    start(2 * HOUR_MS);
    await hanging;
    await service.end('SIGKILL');
    unhang();
    start(0);
    await service.untilRunning();
    await expectAllAsked('after the restart');
  });

  // It knows nothing of queues.
  if (backend.kind === 'redis') return;
  test('P12 the database’s clock may be set either way, however far', async () => {
    const now = Date.now();
    await setDatabaseClock(sql, now + YEAR_MS);
    start(0);
    await expectAllAsked('at first', START_MS);
    // Back costs a lease, however far.
    for (const [what, atMs] of [
      ['a year back', now],
      ['two hours ahead', now + 2 * HOUR_MS],
    ] as const) {
      await setDatabaseClock(sql, atMs);
      await expectAllAsked(`after the clock went ${what}`);
    }
  });
});
