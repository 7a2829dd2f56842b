import postgres from 'postgres';
import { createSimulator, type Simulator } from '../../../src/simulator';
import { openEmbeddedPostgres } from '../../../src/store/embedded/open';
import { migrate } from '../../../src/store/migrations/migrate';
import { hastenDatabaseClock } from '../../support/database-clock';
import { createUsedHome, postmasterOf, stateOf, type TestHome } from '../../support/embedded-home';
import { eventually } from '../../support/eventually';
import { allEvery, serviceEnv, ServiceProcess, type LogLine } from '../../support/jobs/service-process';
import { findFreePort } from '../../support/test-run';

jest.setTimeout(180_000);

/** From the return of the database to the first request, while leases pass faster (P12 itself: jobs/clock.test.ts). */
const FIRST_REQUEST_MS = 20_000;
const FASTER = 4;

let place: TestHome;
let simulator: Simulator;
const services: ServiceProcess[] = [];

function start(role: 'run' | 'web', httpPort = 0): ServiceProcess {
  const service = new ServiceProcess(['--role', role], {
    ...serviceEnv(simulator, null),
    ...allEvery('10 s'),
    KUCOIN_POOL_REQUESTS_PER_SECOND: '20',
    KPOOL_HOME: place.home,
    KPOOL_PG_PORT: String(place.port),
    HTTP_PORT: String(httpPort),
  });
  services.push(service);
  return service;
}

beforeAll(async () => {
  place = await createUsedHome();
  const embedded = await openEmbeddedPostgres(place);
  const sql = postgres(embedded.url.reveal(), { max: 1, onnotice: () => undefined });
  await migrate(sql);
  await hastenDatabaseClock(sql, FASTER);
  await sql.end();
  await embedded.close();
  simulator = await createSimulator({
    seed: 1,
    startAt: Date.UTC(2026, 9, 20),
    rateLimit: null,
    world: { days: 10, subAccountsPerAccount: 1, algorithms: ['SHA256d'], workersPerSubAccount: 3 },
  });
});
afterAll(async () => {
  await Promise.all(services.map((service) => service.end('SIGKILL')));
  await simulator.close();
});

test('P12 a killed embedded server is restarted by one user', async () => {
  const runner = start('run');
  await runner.until(({ msg }) => msg === 'Synced.');
  const page = start('web', await findFreePort());
  await page.until(({ msg }) => msg.startsWith('The status page'));
  const from = [runner, page].map((service) => service.lines.length);
  const since = (index: number): readonly LogLine[] => [runner, page][index]!.lines.slice(from[index]);

  process.kill(await postmasterOf(place.home), 'SIGKILL');
  for (const service of [0, 1]) {
    await eventually('it says that the database is away', 5_000, () =>
      Promise.resolve(since(service).find(({ msg }) => msg.startsWith('The database is away')) ?? null),
    );
    await eventually('it says that the database answers', 30_000, () =>
      Promise.resolve(since(service).find(({ msg }) => msg === 'The database answers again.') ?? null),
    );
  }
  const started = [0, 1].flatMap((service) =>
    since(service).filter(({ msg }) => msg.startsWith('Started the embedded PostgreSQL')),
  );
  expect(started).toHaveLength(1);
  const requestsBefore = simulator.requests.entries.length;
  await eventually('the pool is asked again', FIRST_REQUEST_MS, () =>
    Promise.resolve(simulator.requests.entries.length > requestsBefore ? true : null),
  );

  expect(await Promise.all([runner.end(), page.end()])).toEqual([0, 0]);
  expect(await stateOf(place.home)).toBe('stopped');
});
