/** What happens if two processes sync the same scope at once, or one of them loses its run lock? */
import { DAY_MS } from '../../../src/core/day';
import type { StreamSummary } from '../../../src/use-cases/manual-sync/sync-stream';
import type { SyncService } from '../../../src/service/sync-service';
import type { RunResult } from '../../../src/sync/runs/run-scope';
import type { Stream } from '../../../src/domain/streams';
import type { RequestLogEntry, Simulator } from '../../../src/simulator';
import { eventually } from '../../support/eventually';
import { ServiceProcess, serviceEnv } from '../../support/jobs/service-process';
import { createSyncedPool, openTestService, syncOnce, type SyncedPool } from '../../support/synced-pool';
import { useTestDatabase } from '../../support/test-database';

const START = Date.UTC(2026, 10, 22, 8);
const KEY = { account: 'main', puid: 500n, algo: 'SHA256d' };
const WORKERS = 130;
/** Two pages of active workers, one of each other state, and a count. */
const SNAPSHOT_REQUESTS = 5;
/** Processes compile the sources first, and the machine may be busy. */
const SLOW_MS = 120_000;

let pool: SyncedPool;
let simulator: Simulator;
let other: SyncService;
const database = useTestDatabase();
database.beforeDrop(async () => {
  await other.close();
  await pool.close();
});
beforeAll(async () => {
  pool = await createSyncedPool({
    databaseUrl: database.url,
    env: { COINS: 'BTC' },
    simulator: {
      seed: 7,
      startAt: START,
      world: { subAccountsPerAccount: 0, algorithms: ['SHA256d'], days: 1, workerSlotMs: Infinity },
    },
  });
  simulator = pool.simulator;
  simulator.world.addSubAccount('main', { puid: KEY.puid, pname: 'farm', defaultAlgo: KEY.algo });
  for (let id = 1; id <= WORKERS; id += 1) {
    simulator.world.addWorker(KEY, {
      workerId: BigInt(id),
      workerName: `rig-${String(id).padStart(4, '0')}`,
    });
  }
  simulator.world.insertEarning(KEY, { currency: 'BTC', minedAtMs: START - DAY_MS, amount: '1' });
  await pool.sync();
  other = await openTestService({
    databaseUrl: database.url,
    poolUrl: simulator.url,
    accounts: simulator.accounts,
    env: { COINS: 'BTC' },
  });
});
beforeEach(() => {
  simulator.requests.clear();
  simulator.faults.clear();
});

interface Gate {
  /** Resolves when the request has arrived. */
  readonly reached: Promise<void>;
  open(): void;
}

/** Holds one request before the pool handles it (`onRequest`), or its answer before it is sent (`afterResponse`). */
function holdOne(
  fits: (request: RequestLogEntry) => boolean,
  moment: 'onRequest' | 'afterResponse' = 'onRequest',
): Gate {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  let reach: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => (reach = resolve));
  const stop = simulator[moment]((request) => {
    if (!fits(request)) return undefined;
    stop();
    reach();
    return opened;
  });
  return { reached, open };
}

const isSecondPage = ({ endpoint, params }: RequestLogEntry): boolean =>
  endpoint === 'worker/query' && params['currentPage'] === '2';

function resultOf(summaries: readonly StreamSummary[], stream: Stream): RunResult {
  return summaries.find((summary) => summary.stream === stream)!.results[0]!;
}

async function workersOf(service: SyncService): Promise<RunResult> {
  return resultOf(await syncOnce(service, { streams: ['workers'] }), 'workers');
}

/** Waits until this many runs of a stream are in flight. */
async function untilInFlight(stream: Stream, runs: number): Promise<void> {
  await eventually(`${runs} runs of ${stream} are in flight`, 30_000, async () => {
    const open = await pool.sql`SELECT FROM sync.runs WHERE stream = ${stream} AND outcome IS NULL`;
    return open.length === runs ? true : null;
  });
}

/** The results of two snapshots, the second of which began while the first was between two of its pages. */
async function twoSnapshotsAtOnce(): Promise<[first: RunResult, second: RunResult]> {
  const gate = holdOne(isSecondPage);
  const first = workersOf(pool.service);
  await gate.reached;
  const second = workersOf(other);
  await untilInFlight('workers', 2);
  gate.open();
  return Promise.all([first, second]);
}

/** Completed snapshots, and samples of one worker. */
async function countStored(): Promise<{ snapshots: number; samples: number }> {
  const [counts] = await pool.sql<{ snapshots: number; samples: number }[]>`
    SELECT (SELECT count(*)::int FROM pool.worker_snapshots WHERE completed_at IS NOT NULL) AS snapshots,
           (SELECT count(*)::int FROM pool.worker_samples WHERE worker_id = 1) AS samples`;
  return counts!;
}

/** Ends the connections that hold the run locks, as a restart of the server does. */
async function loseLocks(): Promise<void> {
  await pool.sql`
    SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'kpool locks'`;
}

test('P11 a second snapshot waits for the first and reuses it', async () => {
  const before = await countStored();
  const [first, second] = await twoSnapshotsAtOnce();
  expect(first).toMatchObject({ outcome: 'succeeded', totals: { requests: SNAPSHOT_REQUESTS - 1 } });
  expect(second).toMatchObject({
    outcome: 'succeeded',
    reason: null,
    totals: { requests: 0, inserted: 0, changed: 0, unchanged: WORKERS },
  });
  expect(simulator.requests.count('worker/query')).toBe(SNAPSHOT_REQUESTS - 1);
  expect(await countStored()).toEqual({ snapshots: before.snapshots + 1, samples: before.samples + 1 });
});

test('a snapshot after another one ended is read again', async () => {
  const before = await countStored();
  await workersOf(pool.service);
  expect((await workersOf(other)).totals.requests).toBeGreaterThan(0);
  expect((await countStored()).snapshots).toBe(before.snapshots + 2);
});

test('P11 a run that reuses a partial result is partial', async () => {
  simulator.faults.next('worker/query', {
    kind: 'rewrite',
    rewrite: (json) => json.replace(/"workerId":\s*1,/, '"workerId":"none",'),
  });
  const [first, second] = await twoSnapshotsAtOnce();
  const { outcome, reason } = first;
  expect([outcome, reason]).toEqual(['partial', expect.stringContaining('quarantine')]);
  expect(second).toMatchObject({ outcome, reason, totals: { requests: 0, quarantined: 1 } });
});

test('P8 a snapshot that waited for a failed one is read again', async () => {
  simulator.faults.when((request) =>
    isSecondPage(request) && simulator.requests.entries.filter(isSecondPage).length === 1
      ? { kind: 'code', code: '400100' }
      : undefined,
  );
  const [first, second] = await twoSnapshotsAtOnce();
  expect(first.outcome).toBe('failed');
  const { outcome, totals } = second;
  expect([outcome, totals.requests]).toEqual(['succeeded', SNAPSHOT_REQUESTS - 1]);
});

test('P9 of two snapshots without locks the late one is dropped', async () => {
  const before = await countStored();
  const gate = holdOne(isSecondPage);
  const first = workersOf(pool.service);
  await gate.reached;
  await loseLocks();
  expect((await workersOf(other)).outcome).toBe('succeeded');
  gate.open();
  expect(await first).toMatchObject({ outcome: 'succeeded', totals: { inserted: 0, changed: 0 } });
  expect(await countStored()).toEqual({ snapshots: before.snapshots + 1, samples: before.samples + 1 });
});

test.each(['account-income', 'sub-account-income'] as const)(
  'P9 a total of %s that arrives late makes no sample',
  async (stream) => {
    const endpoint = stream === 'account-income' ? 'user/earn' : 'sub-user/earn';
    const table = `${stream.replaceAll('-', '_')}_samples`;
    const latest = async (): Promise<unknown> =>
      (
        await pool.sql`SELECT trim_scale(amount)::text AS amount FROM pool.${pool.sql(table)}
                       WHERE currency = 'BTC' ORDER BY observed_at DESC LIMIT 1`
      )[0]?.['amount'];
    const gate = holdOne((request) => request.endpoint === endpoint, 'afterResponse');
    const first = syncOnce(pool.service, { streams: [stream] });
    await gate.reached;
    await loseLocks();
    const was = Number(await latest());
    simulator.world.insertReward(KEY, {
      currency: 'BTC',
      minedAtMs: START,
      amount: '0.5',
      status: 'SETTLED',
    });
    expect(resultOf(await syncOnce(other, { streams: [stream] }), stream).outcome).toBe('succeeded');
    const news = await latest();
    expect(Number(news)).toBeGreaterThan(was);
    gate.open();
    expect(resultOf(await first, stream)).toMatchObject({ outcome: 'succeeded', reason: null });
    expect(await latest()).toBe(news);
  },
);

test('P8 services that sync everything at once all succeed', async () => {
  const all = await Promise.all(
    [pool.service, other].map((service) => syncOnce(service, {}, { verifyBeforeMs: Infinity, span: null })),
  );
  const failures = all
    .flat()
    .flatMap(({ results }) => results.filter(({ outcome }) => outcome !== 'succeeded'));
  expect(failures.map(({ scope, reason }) => [scope.stream, reason])).toEqual([]);
});

test(
  'two kpool sync at once both end with 0',
  async () => {
    const before = await countStored();
    const gate = holdOne(isSecondPage);
    const env = { ...serviceEnv(simulator, database.url), KUCOIN_POOL_REQUESTS_PER_SECOND: '50' };
    const one = new ServiceProcess(['workers'], env, { command: 'sync' });
    await gate.reached;
    const two = new ServiceProcess(['workers'], env, { command: 'sync' });
    await eventually('the second one says that it waits', SLOW_MS, () =>
      Promise.resolve(two.text.includes('waiting for another process') ? true : null),
    );
    gate.open();
    expect([await one.exit, one.text]).toEqual([0, expect.any(String)]);
    expect([await two.exit, two.text]).toEqual([0, expect.stringContaining('workers: 1 of 1, 0 rows')]);
    expect((await countStored()).snapshots).toBe(before.snapshots + 1);
  },
  SLOW_MS,
);

test(
  'P7 a killed process leaves its scope free at once',
  async () => {
    const gate = holdOne(isSecondPage);
    const env = { ...serviceEnv(simulator, database.url), KUCOIN_POOL_REQUESTS_PER_SECOND: '50' };
    const killed = new ServiceProcess(['workers'], env, { command: 'sync' });
    await gate.reached;
    const waiting = workersOf(other);
    await untilInFlight('workers', 2);
    await killed.end('SIGKILL');
    gate.open();
    expect(await waiting).toMatchObject({
      outcome: 'succeeded',
      totals: { requests: SNAPSHOT_REQUESTS - 1 },
    });
  },
  SLOW_MS,
);
