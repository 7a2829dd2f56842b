import { chmod, chown, mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import { createSimulator, type Simulator } from '../../../src/simulator';
import { findPackagedBinaries } from '../../../src/store/embedded/binaries';
import { createCluster, startCluster, stopCluster, type Cluster } from '../../../src/store/embedded/cluster';
import { findServerUser } from '../../../src/store/embedded/server-user';
import { migrate } from '../../../src/store/migrations/migrate';
import { hastenDatabaseClock } from '../../support/database-clock';
import { eventually } from '../../support/eventually';
import { allEvery, serviceEnv, ServiceProcess } from '../../support/jobs/service-process';
import { findFreePort, runDirectory, stopAfterRun } from '../../support/test-run';

/** After a crash every slot of the rate limit counts as in use for one lease, which passes faster here. */
const BACK_MS = { fast: 15_000, immediate: 30_000 };
const FASTER = 4;
jest.setTimeout(120_000);

let cluster: Cluster;
let log: string;
let port: string;
let simulator: Simulator;
let service: ServiceProcess;
let page: ServiceProcess;

const settings = () => ({ listen_addresses: '127.0.0.1', unix_socket_directories: '', port, fsync: 'off' });
const url = () => `postgres://kpool:outage@127.0.0.1:${port}/kpool`;
const synced = () => service.lines.filter(({ msg }) => msg === 'Synced.').length;

beforeAll(async () => {
  const user = await findServerUser();
  const directory = await mkdtemp(join(runDirectory(), 'outage-'));
  await chmod(directory, 0o755);
  const serverDirectory = join(directory, 'server');
  await mkdir(serverDirectory);
  if (user !== null) await chown(serverDirectory, user.uid, user.gid);
  cluster = { dataDirectory: join(serverDirectory, 'data'), binaries: await findPackagedBinaries(), user };
  log = join(serverDirectory, 'log');
  port = String(await findFreePort());
  stopAfterRun(`outage-${port}`, 'SIGQUIT', join(cluster.dataDirectory, 'postmaster.pid'));
  await createCluster(cluster, { superuser: 'kpool', password: 'outage', database: 'kpool' });
  await startCluster(cluster, settings(), log);
  const sql = postgres(url(), { max: 1, onnotice: () => undefined });
  await migrate(sql);
  await hastenDatabaseClock(sql, FASTER);
  await sql.end();
  simulator = await createSimulator({
    seed: 1,
    startAt: Date.UTC(2026, 9, 20),
    rateLimit: null,
    world: { days: 60, subAccountsPerAccount: 1, algorithms: ['SHA256d'], workersPerSubAccount: 3 },
  });
  service = new ServiceProcess(['--role', 'run'], {
    ...serviceEnv(simulator, url()),
    ...allEvery('2 s'),
    KUCOIN_POOL_REQUESTS_PER_SECOND: '50',
  });
  page = new ServiceProcess(['--role', 'web'], {
    ...serviceEnv(simulator, url()),
    HTTP_PORT: String(await findFreePort()),
  });
});
afterAll(async () => {
  await service.end('SIGKILL');
  await page.end('SIGKILL');
  await stopCluster(cluster, 'immediate');
  await simulator.close();
});

test.each(['fast', 'immediate'] as const)(
  'P12 the service goes on after the database stopped (%s)',
  async (mode) => {
    const before = synced();
    await eventually('it works', 40_000, () => Promise.resolve(synced() > before + 8 ? true : null));
    await page.until(({ msg }) => msg.startsWith('The status page'));
    const [from, fromPage] = [service.lines.length, page.lines.length];
    await stopCluster(cluster, mode);
    await service.until(
      (line) => line.msg.startsWith('The queue has trouble') && service.lines.indexOf(line) >= from,
    );
    for (const told of [() => service.lines.slice(from), () => page.lines.slice(fromPage)]) {
      await eventually('every role says that the database is away', 10_000, () =>
        Promise.resolve(told().some(({ msg }) => msg.startsWith('The database is away')) ? true : null),
      );
    }
    await startCluster(cluster, settings(), log);
    const back = service.lines.length;
    await eventually('it works again', BACK_MS[mode], () =>
      Promise.resolve(service.lines.slice(back).some(({ msg }) => msg === 'Synced.') ? true : null),
    );
    const told = service.lines.slice(from).filter(({ msg }) => msg.startsWith('The queue has trouble'));
    expect(told.length).toBeLessThan(20);
  },
);

test('a service that survived outages still stops with 0', async () => {
  expect(await service.end('SIGTERM')).toBe(0);
});
