import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import postgres from 'postgres';
import { DAY_MS } from '../../../src/core/day';
import { createSimulator, type Simulator } from '../../../src/simulator';
import { binariesIn } from '../../../src/store/embedded/binaries';
import { createCluster, startCluster } from '../../../src/store/embedded/cluster';
import { findServerUser } from '../../../src/store/embedded/server-user';
import { migrate } from '../../../src/store/migrations/migrate';
import { storedOf, truthOf } from '../../support/ledger-truth';
import { openTestService, syncOnce } from '../../support/synced-pool';
import { findFreePort, runDirectory, stopAfterRun } from '../../support/test-run';

const START = Date.UTC(2026, 9, 20);

/** Debian's PostgreSQL, which includes pg_dump; the embedded one does not. */
function findPrograms(): string | null {
  const folder = '/usr/lib/postgresql';
  const versions = existsSync(folder)
    ? readdirSync(folder)
        .map(Number)
        .sort((a, b) => b - a)
    : [];
  const bin = versions.map((version) => join(folder, String(version), 'bin'));
  return bin.find((each) => existsSync(join(each, 'pg_dump')) && existsSync(join(each, 'initdb'))) ?? null;
}

const programs = findPrograms();
const settings = { fsync: 'off', listen_addresses: '127.0.0.1', unix_socket_directories: '' };

/** Starts another server. Returns the address of a database on it. */
async function startServer(bin: string, name: string): Promise<string> {
  const user = await findServerUser();
  const folder = join(runDirectory(), name);
  await mkdir(folder);
  if (user !== null) await chown(folder, user.uid, user.gid);
  const cluster = { dataDirectory: join(folder, 'data'), binaries: binariesIn(bin), user };
  const port = String(await findFreePort());
  stopAfterRun(name, 'SIGQUIT', join(cluster.dataDirectory, 'postmaster.pid'));
  await createCluster(cluster, { superuser: 'kpool', password: 'pw', database: 'kpool' });
  await startCluster(cluster, { ...settings, port }, join(folder, 'postgres.log'));
  return `postgres://kpool:pw@127.0.0.1:${port}/kpool`;
}

function run(program: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(join(programs ?? '', program), args, { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
}

async function bringUpToDate(databaseUrl: string): Promise<readonly string[]> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
  const { applied } = await migrate(sql);
  await sql.end();
  return applied;
}

async function sync(databaseUrl: string, simulator: Simulator): Promise<readonly string[]> {
  const { url: poolUrl, accounts } = simulator;
  const service = await openTestService({ databaseUrl, poolUrl, accounts });
  const summaries = await syncOnce(service, {}, { verifyBeforeMs: Infinity, span: null });
  await service.close();
  return summaries.flatMap(({ results }) => results.map(({ outcome }) => outcome));
}

(programs === null ? test.skip : test)(
  'P4 a restored backup goes on syncing without a wrong row',
  async () => {
    const [url, otherUrl] = [
      await startServer(programs!, 'backed-up'),
      await startServer(programs!, 'restored'),
    ];
    const dump = join(runDirectory(), 'kpool.dump');
    const simulator = await createSimulator({
      seed: 9,
      startAt: START,
      rateLimit: null,
      world: { days: 60, subAccountsPerAccount: 1, algorithms: ['SHA256d'], workersPerSubAccount: 2 },
    });
    const other = postgres(otherUrl, { max: 1, onnotice: () => undefined });
    try {
      await bringUpToDate(url);
      await sync(url, simulator);
      run('pg_dump', '--format=custom', `--file=${dump}`, url);

      // Changes after the backup are lost.
      const { world } = simulator;
      const [scope] = world.scopes();
      const [withdrawn, amended] = world.earnings(scope!).slice(-20);
      world.amend(amended!, { amount: '0.12345678' });
      world.withdraw(withdrawn!);
      world.insertReward(scope!, {
        currency: 'BTC',
        minedAtMs: START - DAY_MS,
        amount: '0.5',
        type: 'FEE_RATE_EARN',
        status: 'SETTLED',
      });
      await sync(url, simulator);

      await other`CREATE ROLE kpool_reader NOLOGIN`;
      run('pg_restore', '--exit-on-error', `--dbname=${otherUrl}`, dump);
      expect(await bringUpToDate(otherUrl)).toEqual([]);
      expect([...new Set(await sync(otherUrl, simulator))]).toEqual(['succeeded']);
      for (const stream of ['earnings', 'rewards'] as const)
        expect(await storedOf(other, stream)).toEqual(truthOf(simulator, stream));
      const changes = await other<{ change: string }[]>`
        SELECT DISTINCT change FROM pool.earning_revisions WHERE change <> 'appeared' ORDER BY 1`;
      expect(changes.map(({ change }) => change)).toEqual(expect.arrayContaining(['amended', 'withdrawn']));
    } finally {
      await other.end();
      await simulator.close();
    }
  },
);
