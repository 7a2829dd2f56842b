import { chown, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { systemClock, type Clock } from '../../../src/core/clock';
import { Secret } from '../../../src/core/secret';
import { createPacer, type PacerHandle } from '../../../src/pacing/pacer';
import { openPacingDatabase, type PacingDatabase } from '../../../src/pacing/pacing-database';
import { computeLeaseMs, computeResumeMs } from '../../../src/pacing/time-limits';
import { binariesIn, findPackagedBinaries } from '../../../src/store/embedded/binaries';
import { createCluster, startCluster, stopCluster, type Cluster } from '../../../src/store/embedded/cluster';
import { findServerUser } from '../../../src/store/embedded/server-user';
import { migrate } from '../../../src/store/migrations/migrate';
import { hastenDatabaseClock } from '../../support/database-clock';
import { fastClock } from '../../support/fast-clock';
import { startWindowServer, type WindowServer } from '../../support/pacing/window-server';
import { TcpProxy } from '../../support/tcp-proxy';
import { findFreePort, runDirectory, stopAfterRun } from '../../support/test-run';

/** Time passes faster for the pacing, its database and the pool alike: all times below are theirs unless they say otherwise. */
const FASTER = 3;
const LIMIT = 2;
const WAITERS = 5;
/** Short, so that what an outage left behind is over soon: permit life + this + rest. */
const TOTAL_TIMEOUT_MS = 1_000;
/** Two more arrivals take one round more than the first, and some real time of the machine. */
const MARGIN_MS = 3_000 * FASTER;
const RESUMES_WITHIN_MS = computeResumeMs(computeLeaseMs(TOTAL_TIMEOUT_MS)) + MARGIN_MS;
/** The polls that fail, and one that hangs. */
const TOLD_WITHIN_MS = 22_000;
jest.setTimeout(90_000);

const fast = fastClock(FASTER);
const nowMs = () => fast.monotonicMs();
const pause = (ms: number) => sleep(ms / FASTER);

let cluster: Cluster;
let port: string;
let pool: WindowServer;
let proxy: TcpProxy;
let pacing: PacingDatabase;
let pacer: PacerHandle;
const settings = () => ({ port, listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off' });
const logFile = () => join(runDirectory(), 'pacing-outages', 'postgres.log');
const url = (through: string | number) => `postgres://test:for-tests-only@127.0.0.1:${through}/test`;

beforeAll(async () => {
  const directory = join(runDirectory(), 'pacing-outages');
  const user = await findServerUser();
  await mkdir(directory);
  if (user !== null) await chown(directory, user.uid, user.gid);
  const bin = process.env['KPOOL_TEST_PG_BIN'];
  const binaries = bin === undefined ? await findPackagedBinaries() : binariesIn(bin);
  cluster = { dataDirectory: join(directory, 'data'), binaries, user };
  port = String(await findFreePort());
  stopAfterRun('pacing-outages', 'SIGQUIT', join(cluster.dataDirectory, 'postmaster.pid'));
  await createCluster(cluster, { superuser: 'test', password: 'for-tests-only', database: 'test' });
  await startCluster(cluster, settings(), logFile());
  await onServer((sql) => migrate(sql));
  await onServer((sql) => hastenDatabaseClock(sql, FASTER));
});
afterAll(() => stopCluster(cluster, 'immediate'));

beforeEach(async () => {
  pool = await startWindowServer({
    limit: LIMIT,
    roundTripMs: () => 20,
    random: () => 0.5,
    windowMs: 1_000 / FASTER,
  });
  proxy = new TcpProxy(Number(port));
  pacing = openPacingDatabase(new Secret(url(await proxy.listen())));
  pacer = startPacer(TOTAL_TIMEOUT_MS);
});
afterEach(async () => {
  await pacer.stop();
  await pacing.close();
  await proxy.close();
  await pool.close();
});

function startPacer(totalTimeoutMs: number, clock: Clock = fast): PacerHandle {
  return createPacer({
    database: pacing,
    clock,
    requestsPerSecond: LIMIT,
    scope: 'endpoint',
    totalTimeoutMs,
  });
}

async function onServer<T>(work: (sql: postgres.Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url(port), { max: 1, onnotice: () => undefined });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Sends requests as fast as the pace allows, and asks again for a permit that was refused. */
function askAllTheTime(): { refused: unknown[]; stop(): Promise<void> } {
  const stopping = new AbortController();
  const refused: unknown[] = [];
  const ask = async (): Promise<void> => {
    const permit = await pacer.acquire({
      bucket: { key: 'k', endpoint: 'earn' },
      priority: 1,
      signal: stopping.signal,
    });
    try {
      if (permit.use()) await (await fetch(`${pool.url}/earn`)).text();
    } finally {
      permit.answered();
    }
  };
  const asking = Array.from({ length: WAITERS }, async () => {
    while (!stopping.signal.aborted) {
      await ask().catch((error: unknown) => {
        if (!stopping.signal.aborted) refused.push((error as { code?: unknown }).code);
      });
    }
  });
  return {
    refused,
    stop: async () => {
      stopping.abort();
      await Promise.all(asking);
    },
  };
}

/** How long it takes from now to two more arrivals at the pool. */
async function untilItGoesOn(): Promise<number> {
  const fromMs = nowMs();
  const before = pool.arrivals.length;
  while (pool.arrivals.length < before + 2) {
    if (nowMs() - fromMs > 60_000 * FASTER) throw new Error('The pacing is stuck.');
    await sleep(20);
  }
  return nowMs() - fromMs;
}

test('P6 the pace holds while connections are cut again and again', async () => {
  const asking = askAllTheTime();
  await untilItGoesOn();
  await onServer(async (sql) => {
    // At any moment of its work: connecting, polling, reading, resting.
    for (let cut = 0; cut < 100; cut += 1) {
      await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'kpool pacing'`;
      await pause((cut * 7) % 61);
    }
  });
  expect(await untilItGoesOn()).toBeLessThan(RESUMES_WITHIN_MS);
  await asking.stop();
  expect(pool.mostInAWindow()).toBe(LIMIT);
});

test.each(['fast', 'immediate'] as const)(
  'P6 the pace holds when PostgreSQL is stopped (%s)',
  async (how) => {
    const asking = askAllTheTime();
    await untilItGoesOn();
    await stopCluster(cluster, how);
    await pause(3_000);
    await startCluster(cluster, settings(), logFile());
    expect(await untilItGoesOn()).toBeLessThan(RESUMES_WITHIN_MS);
    await asking.stop();
    expect(asking.refused).toEqual([]);
    expect(pool.mostInAWindow()).toBe(LIMIT);
  },
);

test('P6 a proxy that drops connections is retried with pauses', async () => {
  const asking = askAllTheTime();
  await untilItGoesOn();
  proxy.turn('drop');
  proxy.accepted = 0;
  const droppedAtMs = nowMs();
  while (asking.refused.length < WAITERS && nowMs() - droppedAtMs < TOLD_WITHIN_MS) await sleep(50);
  expect(asking.refused.slice(0, WAITERS)).toEqual(
    Array.from({ length: WAITERS }, () => 'pacing.unavailable'),
  );
  // One or two a second; without a pause there would be thousands.
  expect(proxy.accepted).toBeLessThan(40);
  proxy.turn('pass');
  expect(await untilItGoesOn()).toBeLessThan(RESUMES_WITHIN_MS);
  await asking.stop();
  expect(pool.mostInAWindow()).toBe(LIMIT);
});

test('P6 a silent connection times out, and waiting calls fail', async () => {
  const asking = askAllTheTime();
  await untilItGoesOn();
  proxy.turn('silent');
  const silentAtMs = nowMs();
  while (asking.refused.length < WAITERS && nowMs() - silentAtMs < TOLD_WITHIN_MS) await sleep(50);
  expect(asking.refused.slice(0, WAITERS)).toEqual(
    Array.from({ length: WAITERS }, () => 'pacing.unavailable'),
  );
  proxy.turn('pass');
  expect(await untilItGoesOn()).toBeLessThan(RESUMES_WITHIN_MS);
  // Shorter silences stay unnoticed, or cost one poll.
  for (let silence = 0; silence < 3; silence += 1) {
    proxy.turn('silent');
    await pause(700);
    proxy.turn('pass');
    expect(await untilItGoesOn()).toBeLessThan(RESUMES_WITHIN_MS);
  }
  await asking.stop();
  expect(pool.mostInAWindow()).toBe(LIMIT);
});

test('a blocked poll times out on both sides', async () => {
  // The server's statement timeout passes in real time.
  await pacer.stop();
  pacer = startPacer(TOTAL_TIMEOUT_MS, systemClock);
  const asking = askAllTheTime();
  await untilItGoesOn();
  await onServer(async (sql) => {
    await sql.begin(async (tx) => {
      await tx`SELECT FROM sync.crash_marker FOR UPDATE`;
      await sleep(5_500);
    });
    const [left] = await sql<{ polls: number }[]>`
      SELECT count(*)::int AS polls FROM pg_stat_activity
       WHERE application_name = 'kpool pacing' AND state = 'active' AND now() - query_start > interval '4 s'`;
    expect(left).toEqual({ polls: 0 });
  });
  expect(await untilItGoesOn()).toBeLessThan(RESUMES_WITHIN_MS);
  await asking.stop();
  expect(pool.mostInAWindow()).toBe(LIMIT);
});

test('P6 P12 requests in flight at a crash count for one lease', async () => {
  const totalTimeoutMs = 10_000;
  await pacer.stop();
  pacer = startPacer(totalTimeoutMs);
  const permit = await pacer.acquire({ bucket: { key: 'crash', endpoint: 'earn' }, priority: 1 });
  expect(permit.use()).toBe(true);
  const asking = askAllTheTime();
  await untilItGoesOn();
  // By then every slot of the bucket rests, so that no permit that is handed back later ends a lease.
  await pause(500);
  const [victim] = await onServer(
    (sql) => sql<{ pid: number }[]>`SELECT pid FROM pg_stat_activity WHERE application_name = 'kpool pacing'`,
  );
  process.kill(victim!.pid, 'SIGKILL');
  const killedAtMs = nowMs();
  const goesOnAfterMs = await untilItGoesOn();
  expect(goesOnAfterMs).toBeLessThan(computeResumeMs(computeLeaseMs(totalTimeoutMs)) + MARGIN_MS);
  await asking.stop();
  // The request whose permit was forgotten could have arrived until its total timeout.
  const other = startPacer(totalTimeoutMs);
  const next = await other.acquire({ bucket: { key: 'crash', endpoint: 'earn' }, priority: 1 });
  expect(nowMs() - killedAtMs).toBeGreaterThan(totalTimeoutMs);
  next.answered();
  permit.answered();
  await other.stop();
  expect(pool.mostInAWindow()).toBe(LIMIT);
});

test('P12 the pace resumes after a server that stood still', async () => {
  const asking = askAllTheTime();
  await untilItGoesOn();
  const pids = await onServer(
    (sql) => sql<{ pid: number }[]>`SELECT pid FROM pg_stat_activity WHERE application_name = 'kpool pacing'`,
  );
  const postmaster = Number(
    (await readFile(join(cluster.dataDirectory, 'postmaster.pid'), 'utf8')).split('\n')[0],
  );
  const stopped = [postmaster, ...pids.map(({ pid }) => pid)];
  stopped.forEach((pid) => process.kill(pid, 'SIGSTOP'));
  await pause(9_000);
  stopped.forEach((pid) => process.kill(pid, 'SIGCONT'));
  expect(await untilItGoesOn()).toBeLessThan(RESUMES_WITHIN_MS);
  await asking.stop();
  expect(pool.mostInAWindow()).toBe(LIMIT);
});
