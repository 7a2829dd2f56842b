import postgres from 'postgres';
import { createSimulator, type Simulator } from '../../../src/simulator';
import { runCliInProcess } from '../../support/cli-in-process';
import { eventually } from '../../support/eventually';
import { allEvery, serviceEnv, ServiceProcess } from '../../support/jobs/service-process';
import { findFreePort } from '../../support/test-run';
import { useTestDatabase } from '../../support/test-database';

jest.setTimeout(240_000);

/** The smallest number that a process accepts. */
const LEAST = 13;
const STREAMS = 8;

const role = `few_${process.pid}_${Date.now() % 100_000}`;
let simulator: Simulator;
const services: ServiceProcess[] = [];
let env: Record<string, string>;

afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.end('SIGKILL')));
});
const database = useTestDatabase({ template: 'template0' });
const { sql } = database;
database.beforeDrop(async () => {
  await sql.unsafe(`REASSIGN OWNED BY ${role} TO CURRENT_USER; DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await simulator.close();
});

beforeAll(async () => {
  await sql.unsafe(`
    CREATE ROLE ${role} LOGIN PASSWORD 'for-tests-only' CONNECTION LIMIT ${LEAST};
    ALTER DATABASE ${database.name} OWNER TO ${role}`);
  simulator = await createSimulator({
    seed: 7,
    startAt: Date.now(),
    rateLimit: null,
    world: { subAccountsPerAccount: 2, days: 40, workersPerSubAccount: 3 },
  });
  const url = new URL(database.url);
  url.username = role;
  url.password = 'for-tests-only';
  env = {
    ...serviceEnv(simulator, url.href),
    ...allEvery('10s'),
    KUCOIN_POOL_REQUESTS_PER_SECOND: '50',
    DATABASE_MAX_CONNECTIONS: String(LEAST),
  };
});

test('P12 a service works with as few connections as configured', async () => {
  const port = await findFreePort();
  const service = new ServiceProcess([], { ...env, HTTP_PORT: String(port) });
  services.push(service);
  await service.until(({ msg }) => msg.startsWith('The status page'));
  let most = 0;
  await eventually('all streams are synced', 180_000, async () => {
    // Several people look at once.
    const pages = ['', 'income', 'fleet', 'sync', 'metrics'].map((path) =>
      fetch(`http://127.0.0.1:${port}/${path}`),
    );
    const answers = await Promise.all(pages);
    for (const answer of answers) await answer.arrayBuffer();
    const [now] = await sql<{ taken: number }[]>`
      SELECT count(*)::int AS taken FROM pg_stat_activity WHERE usename = ${role}`;
    most = Math.max(most, now!.taken);
    const rows = await sql`
      SELECT stream FROM sync.runs WHERE outcome = 'succeeded' GROUP BY stream`;
    return rows.length === STREAMS ? true : null;
  });
  expect(await service.end()).toBe(0);
  const complaints = service.lines.filter(({ level }) => level === 'warn' || level === 'error');
  expect(complaints.map(({ msg, error }) => [msg, error])).toEqual([]);
  expect(most).toBeLessThanOrEqual(LEAST);
  process.stderr.write(`A service that may take ${LEAST} connections took ${most}.\n`);
});

test.each(['check', 'start'])('%s says that the server allows fewer connections', async (command) => {
  await sql.unsafe(`ALTER ROLE ${role} CONNECTION LIMIT ${LEAST - 1}`);
  const { code, stdout, stderr } = await runCliInProcess([command], env);
  await sql.unsafe(`ALTER ROLE ${role} CONNECTION LIMIT ${LEAST}`);
  expect([code, stdout + stderr]).toEqual([
    2,
    expect.stringContaining(`CONNECTION LIMIT of the role ${role} allows ${LEAST - 1} connections`),
  ]);
});

test.each(['check', 'start'])('%s says that others hold some of the connections', async (command) => {
  const other = postgres(env['DATABASE_URL']!, { max: 1 });
  await other`SELECT 1`;
  const stopAt = command === 'start' ? /Jobs run/ : undefined;
  const { code, stdout, stderr } = await runCliInProcess([command], env, stopAt);
  await other.end();
  expect([code, stdout + stderr]).toEqual([
    command === 'start' ? 0 : 1,
    expect.stringMatching(`of the role ${role} allows, others hold [1-9]`),
  ]);
});
