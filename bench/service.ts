import { millisecondsInHour } from 'date-fns/constants';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { runJobs } from '../jobs/run-jobs';
import type { ServiceJobs } from '../jobs/service-jobs';
import { openSession, type Session } from '../src/app/session';
import { loadConfig } from '../src/config/load';
import { systemClock } from '../src/core/clock';
import { intervalOf, type Stream } from '../src/domain/streams';
import { STREAMS } from '../src/sync/registry';
import { createLogger } from '../src/observability/logger';
import { createMetrics } from '../src/observability/metrics';
import { createScrubber } from '../src/core/redaction';
import { createSimulator, type Simulator } from '../src/simulator';
import { allEvery, serviceEnv } from '../test/support/jobs/service-process';
import { differenceOf, storedOf, truthOf } from '../test/support/ledger-truth';
import { findFreePort } from '../test/support/test-run';

/**
 * Simulated hours of operation at the pool's own rate limit while its truth moves: requests per stream against the
 * least possible, equality at the end, and what the service costs the database when nothing is due.
 *
 *     node -r ./test/support/typescript-hook.cjs bench/service.ts [hours] [idle seconds] [redis address]
 */
const HOURS = Number(process.argv[2] ?? 1);
/** Currencies that are totalled by default. */
const COINS = 6;
const IDLE_S = Number(process.argv[3] ?? 60);
const REDIS_URL = process.argv[4] ?? '';
/** The pool's clock jumps: one that ran faster would make it refuse every timestamp. */
const JUMP_S = 15;
/** Simulated seconds in a second: what the pace lets through with the intervals below. */
const SPEED = 40;
const TICK_MS = 1_000;
const HOUR_MS = millisecondsInHour;
const START = Date.UTC(2026, 10, 22, 1, 30);
const EQUAL_TIMEOUT_MS = 180_000;

const USUAL = loadConfig({ HOME: '/nonexistent' }, { streams: STREAMS.all }).sync.everyMs;
/** Words of `.env` for every interval, so much faster. */
function fasterEnv(): Record<string, string> {
  return Object.fromEntries(
    Object.keys(allEvery('')).map((name) => {
      const stream = name
        .replace(/_EVERY$/, '')
        .toLowerCase()
        .replaceAll('_', '-');
      return [name, `${Math.round(intervalOf(USUAL, stream) / SPEED / 1_000)} s`];
    }),
  );
}

interface Running {
  readonly session: Session;
  readonly jobs: ServiceJobs;
  stop(): Promise<void>;
}

async function start(env: Record<string, string>): Promise<Running> {
  const config = loadConfig(env, { streams: STREAMS.all });
  const logger = createLogger({
    level: 'warn',
    format: 'json',
    destination: { write: (line) => process.stderr.write(line) },
    scrubber: createScrubber([]),
  });
  const metrics = createMetrics();
  const session = await openSession({
    config,
    accounts: config.accounts,
    clock: systemClock,
    random: Math.random,
    logger,
    metrics,
    signal: new AbortController().signal,
    log: () => undefined,
  });
  const jobs = await runJobs({
    service: session.service,
    databaseUrl: session.database.url,
    queueConnections: 3,
    redisUrl: config.redisUrl,
    everyMs: config.sync.everyMs,
    keepDays: config.keepDays,
    clock: systemClock,
    random: Math.random,
    log: logger,
    metrics,
    onUnrecoverable: (error) => {
      throw error;
    },
  });
  const stop = async (): Promise<void> => {
    await jobs.stop();
    await session.close();
  };
  return { session, jobs, stop };
}

async function untilEqual(simulator: Simulator, sql: postgres.Sql): Promise<number> {
  const startedMs = performance.now();
  for (;;) {
    const differences = [];
    for (const stream of ['earnings', 'rewards'] as const) {
      differences.push(...differenceOf(truthOf(simulator, stream), await storedOf(sql, stream)));
    }
    if (differences.length === 0) return (performance.now() - startedMs) / 1_000;
    if (performance.now() - startedMs > EQUAL_TIMEOUT_MS) throw new Error(differences.join('\n'));
    await sleep(TICK_MS);
  }
}

/** Until every scope of every stream was read once. */
async function untilVisited({ session }: Running): Promise<number> {
  const startedMs = performance.now();
  for (;;) {
    const plans = await Promise.all(
      session.service.accounts.flatMap((account) =>
        STREAMS.names.map((stream) => session.service.plan(account, stream)),
      ),
    );
    const left = plans.flatMap(({ scopes }) => scopes).filter(({ nextVisitMs }) => nextVisitMs === -Infinity);
    if (left.length === 0) return (performance.now() - startedMs) / 1_000;
    if (performance.now() - startedMs > EQUAL_TIMEOUT_MS)
      throw new Error(`${left.length} scopes were never visited.`);
    await sleep(TICK_MS);
  }
}

/** What nobody can do with less: one request a scope and round, a list per state of workers, one per currency for totals. */
async function leastRequests(
  { session }: Running,
  simulator: Simulator,
  rounds: (stream: Stream) => number,
): Promise<Map<Stream, number>> {
  const least = new Map<Stream, number>();
  for (const stream of STREAMS.names) {
    let perRound = 0;
    for (const account of session.service.accounts) {
      const { scopes } = await session.service.plan(account, stream);
      for (const { scope, pace } of scopes) {
        const { puid, algo } = scope;
        const hasWorkers =
          puid !== null &&
          algo !== null &&
          simulator.world.workers({ account: account.name, puid, algo }).length > 0;
        if (pace !== 'live') continue;
        perRound += stream === 'workers' && hasWorkers ? 3 : stream.endsWith('-income') ? COINS : 1;
      }
    }
    least.set(stream, perRound * rounds(stream));
  }
  return least;
}

async function liveHours(simulator: Simulator): Promise<void> {
  const jumps = (HOURS * HOUR_MS) / SPEED / (JUMP_S * TICK_MS);
  for (let jump = 0; jump < jumps; jump += 1) {
    simulator.clock.advance((SPEED - 1) * JUMP_S * TICK_MS);
    for (const scope of simulator.world.scopes().slice(0, 2)) {
      const minedAtMs = simulator.clock.now();
      simulator.world.insertReward(scope, { currency: 'BTC', minedAtMs, amount: '0.00000001' });
      const pending = simulator.world.earnings(scope).find(({ status }) => status === 'WAIT_SETTLE');
      if (pending !== undefined) simulator.world.settle(pending);
    }
    await sleep(JUMP_S * TICK_MS);
  }
}

function requestsByEndpoint(simulator: Simulator): Record<string, number> {
  const endpoints = new Set(simulator.requests.entries.map(({ endpoint }) => endpoint));
  return Object.fromEntries([...endpoints].map((endpoint) => [endpoint, simulator.requests.count(endpoint)]));
}

async function transactionsPerSecond(sql: postgres.Sql, seconds: number): Promise<string> {
  const read = async (): Promise<number> => {
    const [row] = await sql<{ n: string }[]>`
      SELECT (xact_commit + xact_rollback)::text AS n FROM pg_stat_database WHERE datname = current_database()`;
    return Number(row!.n);
  };
  const before = await read();
  await sleep(seconds * 1_000);
  return (((await read()) - before - 1) / seconds).toFixed(2);
}

async function main(): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'kpool-bench-service-'));
  const simulator = await createSimulator({
    seed: 20_261_122,
    startAt: START,
    latencyMs: { min: 20, max: 80 },
  });
  const env = {
    ...serviceEnv(simulator, null),
    HOME: home,
    KPOOL_HOME: join(home, 'home'),
    KPOOL_PG_PORT: String(await findFreePort()),
    REDIS_URL,
  };
  const tell = (line: string): boolean => process.stdout.write(`${line}\n`);
  tell(`Jobs in ${REDIS_URL === '' ? 'PostgreSQL' : 'Redis'}; ${HOURS} h at ${SPEED} times real time.`);
  const fast = await start({ ...env, ...fasterEnv() });
  const sql = postgres(fast.session.database.url.reveal(), { max: 1, onnotice: () => undefined });
  try {
    tell(
      `first sync equal to the truth after ${(await untilEqual(simulator, sql)).toFixed(1)} s, ${simulator.requests.count()} requests`,
    );
    tell(
      `every scope read ${(await untilVisited(fast)).toFixed(1)} s later, ${simulator.requests.count()} requests: ${JSON.stringify(requestsByEndpoint(simulator))}`,
    );
    simulator.requests.clear();
    const rows = truthOf(simulator, 'rewards').length;
    await liveHours(simulator);
    const least = await leastRequests(fast, simulator, (stream) =>
      Math.floor((HOURS * HOUR_MS) / intervalOf(USUAL, stream)),
    );
    tell('stream               requests   least');
    for (const stream of STREAMS.names) {
      const made = String(simulator.requests.count(STREAMS.get(stream).endpoint));
      tell(`${stream.padEnd(20)} ${made.padStart(8)} ${String(least.get(stream)).padStart(7)}`);
    }
    const most = Math.max(
      ...STREAMS.all.map(({ endpoint }) => simulator.requests.maxArrivalsInWindow(endpoint, '*', 1_000)),
    );
    tell(`most arrivals at an endpoint in a second: ${most}; turned away: ${simulator.rejections()}`);
    const more = truthOf(simulator, 'rewards').length - rows;
    await fast.stop();
    // What was settled beyond the newest windows is for the daily round to find: it comes now.
    const daily = await start({ ...env, ...fasterEnv(), RECENT_EVERY: '5 s' });
    const seconds = (await untilEqual(simulator, sql)).toFixed(1);
    tell(`truth moved: ${more} rewards more; equal after ${seconds} s of the daily round`);
    await daily.stop();
    const idle = await start(env);
    // What is due after the fast hour is done by then.
    await sleep(20_000);
    simulator.requests.clear();
    tell(
      `idle: ${await transactionsPerSecond(sql, IDLE_S)} transactions a second over ${IDLE_S} s, requests: ${JSON.stringify(requestsByEndpoint(simulator))}`,
    );
    const [connections] = await sql<{ n: string }[]>`
      SELECT count(*)::text AS n FROM pg_stat_activity
       WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`;
    tell(`connections to the database: ${connections!.n}`);
    await sql.end();
    await idle.stop();
  } finally {
    await simulator.close();
    await rm(home, { recursive: true, force: true });
  }
}

void main();
