import postgres from 'postgres';
import { createSimulator, type Simulator } from '../../../src/simulator';
import { runCliInProcess } from '../../support/cli-in-process';
import { eventually } from '../../support/eventually';
import { serviceEnv, ServiceProcess } from '../../support/jobs/service-process';
import { createTestDatabase, type TestDatabase } from '../../support/test-database';

/** The class of the advisory locks by which runs show that they are alive (run-locks.ts). */
const RUN_LOCK_CLASS = 7_041_107;
const PATIENCE_MS = 60_000;

let database: TestDatabase;
let sql: postgres.Sql;
let simulator: Simulator;
let env: Record<string, string>;

beforeEach(async () => {
  database = await createTestDatabase();
  sql = postgres(database.url, { max: 1, onnotice: () => undefined });
  simulator = await createSimulator({
    seed: 5,
    startAt: Date.UTC(2026, 9, 20, 9, 30),
    rateLimit: null,
    world: { subAccountsPerAccount: 1, days: 3, algorithms: ['SHA256d'], workersPerSubAccount: 2 },
  });
  env = { ...serviceEnv(simulator, database.url), KUCOIN_POOL_REQUESTS_PER_SECOND: '50' };
});
afterEach(async () => {
  await sql.end();
  await simulator.close();
  await database.drop();
});

async function runsOf(stream: string): Promise<Record<string, unknown>[]> {
  const rows = await sql<Record<string, unknown>[]>`
    SELECT outcome, requests, error_code, finished_at IS NOT NULL AS has_ended
      FROM sync.runs WHERE stream = ${stream} ORDER BY run_id`;
  return rows.map((row) => ({ ...row }));
}

test('P11 a run without a request is skipped, not succeeded', async () => {
  const stream = 'worker-details';
  expect((await runCliInProcess(['sync', 'sub-accounts', 'algorithms'], env)).code).toBe(0);
  const { code, stdout } = await runCliInProcess(['sync', stream], env);
  expect([code, stdout]).toEqual([0, expect.stringContaining('nothing to ask')]);
  expect(await runsOf(stream)).toEqual([
    { outcome: 'skipped', requests: 0, error_code: null, has_ended: true },
  ]);
  const cursors = await sql`
    SELECT last_success_at AS succeeded, last_skip_at IS NOT NULL AS skipped FROM sync.cursors WHERE stream = ${stream}`;
  expect([...cursors]).toEqual([{ succeeded: null, skipped: true }]);

  await runCliInProcess(['sync', 'workers', stream], env);
  expect((await runsOf(stream)).at(-1)).toMatchObject({ outcome: 'succeeded', has_ended: true });
});

test('the run of a killed kpool sync is closed by the next one', async () => {
  const unhang = simulator.faults.when(({ endpoint }) =>
    endpoint === 'earn/query' ? { kind: 'hang' } : undefined,
  );
  const hanging = simulator.requests.next(({ endpoint }) => endpoint === 'earn/query');
  const killed = new ServiceProcess([], env, { command: 'sync' });
  await hanging;
  expect((await runCliInProcess(['sync', 'algorithms'], env)).code).toBe(0);
  expect(await runsOf('earnings')).toMatchObject([{ outcome: null, has_ended: false }]);

  await killed.end('SIGKILL');
  unhang();
  await eventually('the server notices the end of the process', PATIENCE_MS, async () => {
    const locks = await sql`SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = ${RUN_LOCK_CLASS}`;
    return locks.length === 0 || null;
  });
  expect((await runCliInProcess(['sync', 'algorithms'], env)).code).toBe(0);
  expect(await runsOf('earnings')).toMatchObject([
    { outcome: 'aborted', error_code: 'aborted', has_ended: true },
  ]);
});
